"""A service, a stand-in shop and a shopper, and what reconciling says of their handoffs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from handoff.ledger import Database
from handoff.ledger.reconciliation_repository import IssuePeriod, ReconciliationRepository
from handoff.magento.orders import Orders
from handoff.reconciliation.order_comments import OrderCommenter
from handoff.reconciliation.reconciler import Reconciler
from handoff.reconciliation.report import ReportEntry
from tests.conftest import Poq, TurnedClock, path_of
from tests.running import RunningShop

ADMIN = {"username": "admin", "password": "Admin123!"}
LINES = (("ITEM-01", 2), ("ITEM-02", 1))


@dataclass(slots=True)
class Desk:
    """Hands over, opens, buys and reconciles."""

    app: Flask
    shop: RunningShop
    clock: TurnedClock
    links: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        """The service's own."""
        database: Database = self.app.extensions["handoff.database"]
        return database

    @property
    def passages(self) -> ReconciliationRepository:
        """The ledger as reconciling sees it."""
        return ReconciliationRepository(self.database, self.clock)

    @property
    def orders(self) -> Orders:
        """The shop's orders, with the right of the settings."""
        orders: Orders = self.app.extensions["handoff.entry"].checkout.orders
        return orders

    def hand_over(self, reference: str, *lines: tuple[str, int], opened: bool = True) -> str:
        """Hand a guest's quote over and return its masked id."""
        masked_id = self.shop.guest_quote(*(lines or LINES))
        self.hand_over_again(reference, {"quote_id": masked_id}, opened=opened)
        return masked_id

    def hand_over_again(
        self, reference: str, quote: dict[str, Any], *, opened: bool = True
    ) -> None:
        """Hand a quote over that is in the shop."""
        answer = Poq(self.app.test_client()).transfer({**quote, "reference": reference})
        assert answer.status_code == 200, answer.text
        self.links[reference] = path_of(answer)
        if opened:
            self.open(reference)

    def hand_over_bag(self, reference: str, *, opened: bool = True) -> None:
        """Hand a bag over that the service makes a quote of."""
        self.links[reference] = Poq(self.app.test_client()).link(reference=reference)
        if opened:
            self.open(reference)

    def open(self, reference: str) -> None:
        """Let a web view in."""
        answer = self.app.test_client().post(self.links[reference])
        assert answer.status_code == 303, answer.text

    def buy(self, masked_id: str) -> None:
        """Order a guest's quote."""
        self.shop.order(f"guest-carts/{masked_id}")

    def reconciler(self, **options: Any) -> Reconciler:
        """Return what the command works with."""
        return Reconciler(self.passages, self.orders, self.clock, **options)

    def due(self, **options: Any) -> dict[str | None, str]:
        """Deal with what is due and return the state of each reference among it."""
        return states(self.reconciler(**options).due())

    def asked(self, *references: str) -> dict[str | None, str]:
        """Ask about references and return the state of each."""
        return states(self.reconciler().references(references))

    def of_period(self, since: int, until: int) -> dict[str | None, str]:
        """Ask about a period and return the state of each reference in it."""
        return states(self.reconciler().period(IssuePeriod(since, until)))

    def annotate(self) -> list[bool]:
        """Annotate what is to be annotated."""
        return list(OrderCommenter(self.passages, self.orders).run())

    def all_comments(self) -> list[str]:
        """Return every comment on every order."""
        token = str(self.shop.rest("POST", "integration/admin/token", body=ADMIN))
        found = self.shop.rest("GET", "orders?searchCriteria[pageSize]=100", token=token)
        return [
            str(history["comment"])
            for order in found["items"]
            for history in order["status_histories"]
        ]


def states(entries: Any) -> dict[str | None, str]:
    """Return the state of each entry by its reference."""
    found: Sequence[ReportEntry] = list(entries)
    assert len({entry.reference for entry in found}) == len(found)
    return {entry.reference: entry.state.value for entry in found}

"""A service, a stand-in shop and a shopper, and what reconciliation says of their handoffs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from handoff.ledger.database import Database
from handoff.ledger.models import IssuePeriod
from handoff.ledger.reconciliation_repository import ReconciliationRepository
from handoff.magento.orders import Orders
from handoff.reconciliation.order_comments import OrderCommenter
from handoff.reconciliation.reconciler import Reconciler
from handoff.reconciliation.report_entry import ReportEntry
from tests.conftest import FakeClock, Poq, get_link_path, use_link
from tests.running_servers import RunningShop

ADMIN = {"username": "admin", "password": "Admin123!"}
LINES = (("ITEM-01", 2), ("ITEM-02", 1))


@dataclass(slots=True)
class Scenario:
    """Transfers quotes and bags, opens links, orders, and reconciles."""

    app: Flask
    shop: RunningShop
    clock: FakeClock
    links: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        """The service's own database."""
        database: Database = self.app.extensions["handoff.objects"].database
        return database

    @property
    def repository(self) -> ReconciliationRepository:
        """The ledger as reconciliation reads it."""
        return ReconciliationRepository(self.database)

    @property
    def orders(self) -> Orders:
        """The shop's orders, with the right that the settings give."""
        orders: Orders = self.app.extensions["handoff.EntryContext"].checkout.order_lookup.orders
        return orders

    def transfer_quote(self, reference: str, *lines: tuple[str, int], opened: bool = True) -> str:
        """Transfer a guest's new quote and return its masked id."""
        masked_id = self.shop.create_guest_quote(*(lines or LINES))
        self.transfer_existing_quote(reference, {"quote_id": masked_id}, opened=opened)
        return masked_id

    def transfer_existing_quote(
        self, reference: str, quote: dict[str, Any], *, opened: bool = True
    ) -> None:
        """Transfer a quote that is in the shop."""
        answer = Poq(self.app.test_client()).transfer({**quote, "reference": reference})
        assert answer.status_code == 200, answer.text
        self.links[reference] = get_link_path(answer)
        if opened:
            self.open_link(reference)

    def transfer_bag(self, reference: str, *, opened: bool = True) -> None:
        """Transfer a bag, of which the service makes a quote."""
        self.links[reference] = Poq(self.app.test_client()).request_link(reference=reference)
        if opened:
            self.open_link(reference)

    def open_link(self, reference: str) -> None:
        """Use a link from a new web view."""
        answer = use_link(self.app.test_client(), self.links[reference])
        assert answer.status_code == 303, answer.text

    def order(self, masked_id: str) -> None:
        """Order a guest's quote."""
        self.shop.place_order(f"guest-carts/{masked_id}")

    def reconciler(self, **options: Any) -> Reconciler:
        """Return a reconciler like the command's."""
        return Reconciler(self.repository, self.orders, self.clock, **options)

    def reconcile_due(self, **options: Any) -> dict[str | None, str]:
        """Reconcile what is due and return the state of each reference."""
        return list_states(self.reconciler(**options).reconcile_due())

    def reconcile_references(self, *references: str) -> dict[str | None, str]:
        """Reconcile references and return the state of each."""
        return list_states(self.reconciler().reconcile_references(references))

    def reconcile_period(self, since: int, until: int) -> dict[str | None, str]:
        """Reconcile a period and return the state of each reference in it."""
        return list_states(self.reconciler().reconcile_period(IssuePeriod(since, until)))

    def add_comments(self) -> list[bool]:
        """Add the comments that are due, and return which the shop took."""
        return list(OrderCommenter(self.repository, self.orders).add_due_comments())

    def read_comments(self) -> list[str]:
        """Return every comment on every order."""
        token = str(self.shop.call_rest("POST", "integration/admin/token", body=ADMIN))
        found = self.shop.call_rest("GET", "orders?searchCriteria[pageSize]=100", token=token)
        return [
            str(history["comment"])
            for order in found["items"]
            for history in order["status_histories"]
        ]


def list_states(entries: Any) -> dict[str | None, str]:
    """Return the state of each entry by its reference."""
    found: Sequence[ReportEntry] = list(entries)
    assert len({entry.reference for entry in found}) == len(found)
    return {entry.reference: entry.state.value for entry in found}

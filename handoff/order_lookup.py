"""Looks up the orders of a handoff's quote, for the pages of used links and for web checkout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog

from handoff.concurrency_limit import ConcurrencyLimit
from handoff.deadline import Deadline
from handoff.ledger.models import Handoff, list_uncancelled_orders
from handoff.ledger.order_lookup_repository import OrderLookupRepository
from handoff.magento.orders import Orders
from handoff.problems import Busy, LedgerUnavailable, ShopTimeout, ShopUnavailable

log = structlog.get_logger()

_TIMEOUT = 3.0  # seconds; the shopper sees a blank page meanwhile


@dataclass(frozen=True, slots=True)
class FoundOrders:
    """The orders of a quote as the ledger keeps them, without cancelled ones, the oldest first.

    `is_current` says that the shop has just been asked.
    """

    orders: list[dict[str, Any]]
    is_current: bool


@dataclass(frozen=True, slots=True)
class OrderLookup:
    """Asks the shop for the orders of a handoff's quote, and remembers them in the ledger.

    `orders` is None without the right to read orders. `limit` bounds the lookups of one worker that
    run at once.
    """

    orders: Orders | None
    repository: OrderLookupRepository
    limit: ConcurrencyLimit

    @property
    def can_read_orders(self) -> bool:
        """Whether the settings give the right to read orders."""
        return self.orders is not None

    def look_up_orders(self, handoff: Handoff) -> FoundOrders:
        """Return the orders of the quote of a used link that are not cancelled.

        What the ledger knows is the answer if the shop may not be asked now, or does not answer.
        """
        known = FoundOrders(handoff.valid_orders, is_current=False)
        if self.orders is None or not self.repository.can_look_up(handoff):
            return known
        try:
            # A thread that waited for a slot would delay shoppers with good links.
            with self.limit.acquire_slot(0):
                if not self.repository.claim_lookup(handoff.id):
                    return known
                return self._ask_shop(handoff, self.orders)
        except Busy:
            return known
        except (ShopUnavailable, ShopTimeout, LedgerUnavailable) as problem:
            log.warning("order_lookup_failed", code=problem.code, detail=problem.detail)
            return known

    def _ask_shop(self, handoff: Handoff, orders: Orders) -> FoundOrders:
        deadline = Deadline.within_request(_TIMEOUT)
        found = orders.find_orders_of_quote(handoff.quote_number, deadline=deadline)
        json = [order.as_json() for order in found]
        if json != (handoff.orders or []):
            self.repository.record_orders(handoff, json)
        return FoundOrders(list_uncancelled_orders(json), is_current=True)

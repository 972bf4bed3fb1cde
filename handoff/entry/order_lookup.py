"""Finds out, for the page of a used link, whether the quote was ordered."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from handoff.concurrency_limit import ConcurrencyLimit
from handoff.deadline import Deadline
from handoff.ledger import Handoff
from handoff.ledger.order_lookup_repository import OrderLookupRepository
from handoff.magento.order_models import is_quote_ordered
from handoff.magento.orders import Orders
from handoff.problems import Busy, LedgerUnavailable, ShopTimeout, ShopUnavailable

log = structlog.get_logger()

_TIMEOUT = 3.0  # seconds; the shopper sees a blank page meanwhile


@dataclass(frozen=True, slots=True)
class OrderLookup:
    """Asks the shop for the orders of a handoff's quote, and remembers them in the ledger.

    `orders` is None without the right to read orders. `limit` bounds the lookups of one worker that
    run at once.
    """

    orders: Orders | None
    repository: OrderLookupRepository
    limit: ConcurrencyLimit

    def is_ordered(self, handoff: Handoff) -> bool:
        """Return whether the quote of a used link is ordered, as far as is known.

        What the ledger knows is the answer if the shop may not be asked now, or does not answer.
        """
        is_known = bool(handoff.valid_orders)
        if self.orders is None or not self.repository.can_look_up(handoff):
            return is_known
        try:
            # A thread that waited for a slot would delay shoppers with good links.
            with self.limit.acquire_slot(0):
                if not self.repository.begin_lookup(handoff.id):
                    return is_known
                return self._ask_shop(handoff, self.orders)
        except Busy:
            return is_known
        except (ShopUnavailable, ShopTimeout, LedgerUnavailable) as problem:
            log.warning("order_lookup_failed", code=problem.code)
            return is_known

    def _ask_shop(self, handoff: Handoff, orders: Orders) -> bool:
        deadline = Deadline.within_request(_TIMEOUT)
        found = orders.find_orders_of_quote(handoff.quote_number, deadline=deadline)
        json = [order.as_json() for order in found]
        if json != (handoff.orders or []):
            self.repository.record_orders(handoff.id, json)
        return is_quote_ordered(found)

"""Answers a page that asks which orders it has to tell the app about.

The page's question is only a hint. The orders, with their totals, are those of the shop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from handoff.ledger.database import Database
from handoff.ledger.handoff_repository import HandoffRepository
from handoff.ledger.models import Handoff, compute_digest
from handoff.ledger.order_message_claims import claim_order_message
from handoff.order_lookup import OrderLookup


@dataclass(frozen=True, slots=True)
class OrderMessagesAnswer:
    """The orders that the page tells the app about: `{"id", "order"}`.

    `order` is that of Poq's `paymentcompleted`. The `id` lets a page recognise an order that it
    has sent before.
    `is_pending` says that the latest handoff may still have an order that is not known yet.
    """

    orders: list[dict[str, Any]]
    is_pending: bool


@dataclass(frozen=True, slots=True)
class OrderMessages:
    """Looks up the orders of a web view's handoffs, and decides who tells the app."""

    database: Database
    handoffs: HandoffRepository
    lookup: OrderLookup

    def claim_orders(self, handoff_ids: Sequence[str], page: str | None) -> OrderMessagesAnswer:
        """Return the orders that `page` tells the app about; each order goes to one page only.

        A page without a name only wants the orders to be looked up.
        """
        handoffs = self._find_handoffs(handoff_ids)
        found = [self.lookup.look_up_orders(handoff) for handoff in handoffs]
        told = []
        for handoff, quote_orders in zip(handoffs, found, strict=True):
            newest = quote_orders.orders[-1] if quote_orders.orders else None
            if newest is not None and page and self._claim_message(handoff, newest, page):
                order_id = compute_digest([handoff.id, newest["number"]])[:16]
                told.append({"id": order_id, "order": build_payment_order(handoff, newest)})
        is_latest_known = bool(found) and bool(found[0].orders) and found[0].is_current
        is_pending = bool(found) and not told and not is_latest_known
        return OrderMessagesAnswer(told, is_pending and self.lookup.can_read_orders)

    def _find_handoffs(self, handoff_ids: Sequence[str]) -> list[Handoff]:
        """Return the handoffs of the shopper who came last, and who reached checkout."""
        known = [self.handoffs.find(handoff_id) for handoff_id in handoff_ids]
        found = [handoff for handoff in known if handoff is not None]
        return [
            handoff
            for handoff in found
            if handoff.customer_id == found[0].customer_id and handoff.session_written_at
        ]

    def _claim_message(self, handoff: Handoff, order: dict[str, Any], page: str) -> bool:
        """Return whether this page may tell the app. Earlier versions recorded no totals."""
        if "totals" not in order:
            return False
        number = str(order["number"])
        return claim_order_message(self.database, handoff.id, order_number=number, page=page)


def build_payment_order(handoff: Handoff, order: dict[str, Any]) -> dict[str, Any]:
    """Return the order of Poq's `paymentcompleted`. The discount is a positive amount."""
    totals = order["totals"]
    amounts = {
        "total": Decimal(totals["grand_total"]),
        "subTotal": Decimal(totals["subtotal"]),
        "delivery": Decimal(totals["delivery"]),
        "discount": abs(Decimal(totals["discount"])),
        "tax": Decimal(totals["tax"]),
    }
    order_json: dict[str, Any] = {name: float(amount) for name, amount in amounts.items()}
    order_json |= {"orderId": str(order["number"]), "currency": totals["currency"]}
    return order_json | ({"reference": handoff.reference} if handoff.reference else {})

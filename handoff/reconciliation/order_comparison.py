"""Compares a bag with the orders that were placed from its quote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handoff.bag import Bag, BagLine, find_line_differences, format_quantity
from handoff.magento.order_models import OrderWithLines


@dataclass(frozen=True, slots=True)
class OrderDifference:
    """A difference between a bag and its orders. `bag` and `ordered` are quantities as text.

    For the code `currency_differs` they are currencies, and `sku` is None.
    """

    code: str
    sku: str | None
    bag: str
    ordered: str


def find_order_differences(
    bag: Bag, orders: Sequence[OrderWithLines]
) -> tuple[OrderDifference, ...]:
    """Return the differences between a bag and all orders of its quote taken together."""
    differences = [
        OrderDifference("currency_differs", None, bag.currency, order.totals.currency)
        for order in orders
        if order.totals.currency != bag.currency
    ]
    lines = [line for order in orders for line in order.lines]
    differences += [
        _build_order_difference(wanted, paid if paid.quantity else held)
        for wanted, held, paid in find_line_differences(lines, bag.lines)
    ]
    return tuple(differences)


def _build_order_difference(wanted: BagLine, ordered: BagLine) -> OrderDifference:
    in_bag, in_order = format_quantity(wanted.quantity), format_quantity(ordered.quantity)
    if not wanted.quantity:
        return OrderDifference("foreign_in_order", wanted.sku, in_bag, in_order)
    if not ordered.quantity:
        return OrderDifference("missing_in_order", wanted.sku, in_bag, in_order)
    return OrderDifference("quantity_differs", wanted.sku, in_bag, in_order)

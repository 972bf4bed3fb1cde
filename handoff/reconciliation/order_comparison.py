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
        _build_order_difference(
            each.in_bag, each.in_paid_lines if each.in_paid_lines.quantity else each.in_lines
        )
        for each in find_line_differences(lines, bag.lines)
    ]
    return tuple(differences)


def _build_order_difference(in_bag: BagLine, in_orders: BagLine) -> OrderDifference:
    quantities = format_quantity(in_bag.quantity), format_quantity(in_orders.quantity)
    if not in_bag.quantity:
        return OrderDifference("foreign_in_order", in_bag.sku, *quantities)
    if not in_orders.quantity:
        return OrderDifference("missing_in_order", in_bag.sku, *quantities)
    return OrderDifference("quantity_differs", in_bag.sku, *quantities)

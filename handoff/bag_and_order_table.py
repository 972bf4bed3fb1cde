"""The table of a bag and its orders: each sku with both quantities, from the known differences."""

from __future__ import annotations

from typing import Any

from handoff.bag import Bag, format_quantity, merge_lines, normalize_sku
from handoff.ledger.models import Handoff, OrderOutcome

_COMPARED = (
    OrderOutcome.MATCHED.value,
    OrderOutcome.DIFFERS.value,
    OrderOutcome.NEVER_OPENED.value,
)


def list_bag_and_order_lines(handoff: Handoff) -> list[dict[str, Any]]:
    """Return the lines of the bag as JSON, then those that only the order has.

    `bag` and `ordered` are quantities as text. `ordered` is None if nothing was ordered, or the
    order is not compared with the bag yet. `difference` is the code of the difference, or None.
    Free lines that the shop's rules added are not recorded. A purged handoff has no lines.
    """
    is_compared = bool(handoff.valid_orders) and handoff.outcome in _COMPARED
    differences = {
        normalize_sku(difference["sku"]): difference
        for difference in handoff.differences or ()
        if is_compared and difference["sku"] is not None
    }
    lines = []
    for line in merge_lines(Bag.from_json(handoff.bag).lines):
        quantity = format_quantity(line.quantity)
        ordered, code = quantity if is_compared else None, None
        if difference := differences.pop(normalize_sku(line.sku), None):
            ordered, code = difference["ordered"], difference["code"]
        lines.append(_build_line(line.sku, quantity, ordered, code))
    for each in differences.values():
        lines.append(_build_line(each["sku"], each["bag"], each["ordered"], each["code"]))
    return lines


def _build_line(sku: str, bag: str, ordered: str | None, difference: str | None) -> dict[str, Any]:
    return {"sku": sku, "bag": bag, "ordered": ordered, "difference": difference}

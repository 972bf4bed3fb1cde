"""Lists each sku with its quantity in the bag and in the orders, from the recorded differences."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from handoff.bag import Bag, format_quantity, merge_lines, normalize_sku
from handoff.ledger.models import Handoff, OrderOutcome

_COMPARED = (
    OrderOutcome.MATCHED.value,
    OrderOutcome.DIFFERS.value,
    OrderOutcome.NEVER_OPENED.value,
)


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """A sku with its quantities in the bag and in the orders, as text.

    `ordered` is None if nothing was ordered, or the order is not compared with the bag yet.
    `difference` is the code of the difference, or None.
    """

    sku: str
    bag: str
    ordered: str | None
    difference: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the line as JSON."""
        return asdict(self)


def has_compared_order(handoff: Handoff) -> bool:
    """Return whether the orders of a handoff are compared with its bag."""
    return bool(handoff.valid_orders) and handoff.outcome in _COMPARED


def list_bag_and_order_lines(handoff: Handoff) -> list[ComparedLine]:
    """Return the lines of the bag, then those that only the order has.

    Free lines that the shop's rules added are not recorded. A purged handoff has no lines.
    """
    is_compared = has_compared_order(handoff)
    differences = {
        normalize_sku(difference["sku"]): difference
        for difference in handoff.differences or ()
        if is_compared and difference["sku"] is not None
    }
    lines = []
    for line in merge_lines(Bag.from_json(handoff.bag).lines):
        quantity = format_quantity(line.quantity)
        difference = differences.pop(normalize_sku(line.sku), None)
        if difference is None:
            lines.append(ComparedLine(line.sku, quantity, quantity if is_compared else None))
        else:
            ordered, code = difference["ordered"], difference["code"]
            lines.append(ComparedLine(line.sku, quantity, ordered, code))
    for each in differences.values():
        lines.append(ComparedLine(each["sku"], each["bag"], each["ordered"], each["code"]))
    return lines

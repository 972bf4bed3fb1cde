"""Puts the lines of a bag beside those of its orders, by what reconciliation has found."""

from __future__ import annotations

from collections.abc import Iterator
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


def compare_lines(handoff: Handoff) -> list[ComparedLine]:
    """Return the lines of the bag, then those that only the order has.

    Of the free lines that the shop's rules have added, nothing is known. Purging removes the bag.
    """
    return list(_iterate_lines(handoff))


def _iterate_lines(handoff: Handoff) -> Iterator[ComparedLine]:
    is_compared = has_compared_order(handoff)
    differences = {
        normalize_sku(difference["sku"]): difference
        for difference in handoff.differences or ()
        if is_compared and difference["sku"] is not None
    }
    for line in merge_lines(Bag.from_json(handoff.bag).lines):
        quantity = format_quantity(line.quantity)
        difference = differences.pop(normalize_sku(line.sku), None)
        if difference is None:
            yield ComparedLine(line.sku, quantity, quantity if is_compared else None)
        else:
            yield ComparedLine(line.sku, quantity, difference["ordered"], difference["code"])
    for difference in differences.values():
        yield ComparedLine(
            difference["sku"], difference["bag"], difference["ordered"], difference["code"]
        )

"""An order held against the bag that was handed over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from handoff.bag import BagLine, format_quantity, merge_lines, sku_key
from handoff.magento.order_models import OrderWithLines


@dataclass(frozen=True, slots=True)
class OrderDifference:
    """One thing in which an order is not the bag. Quantities are plain numbers, as text."""

    code: str
    sku: str | None
    bag: str
    ordered: str

    def as_json(self) -> dict[str, Any]:
        """Return the entry of `differences[]`."""
        return {"code": self.code, "sku": self.sku, "bag": self.bag, "ordered": self.ordered}


def find_order_differences(
    bag: dict[str, Any], purchases: Sequence[OrderWithLines]
) -> tuple[OrderDifference, ...]:
    """Say in what the orders of a quote, all together, are not the ledger's bag.

    A line at price zero that the bag does not hold is a gift of the shop's, and no difference;
    neither is a gift of more of what the bag holds.
    """
    found = [
        OrderDifference("currency_differs", None, bag["currency"], purchase.currency)
        for purchase in purchases
        if purchase.currency != bag["currency"]
    ]
    lines = [line for purchase in purchases for line in purchase.lines]
    wanted = _quantities(BagLine(line["sku"], Decimal(line["quantity"])) for line in bag["lines"])
    ordered = _quantities(BagLine(line.sku, line.quantity) for line in lines)
    bought = _quantities(BagLine(line.sku, line.quantity) for line in lines if not line.is_gift)
    for key, line in wanted.items():
        if key not in ordered:
            found.append(
                OrderDifference("missing_in_order", line.sku, format_quantity(line.quantity), "0")
            )
        elif line.quantity not in _counts(key, ordered, bought):
            found.append(
                OrderDifference(
                    "quantity_differs",
                    line.sku,
                    format_quantity(line.quantity),
                    format_quantity(bought.get(key, ordered[key]).quantity),
                )
            )
    found += [
        OrderDifference("foreign_in_order", line.sku, "0", format_quantity(line.quantity))
        for key, line in bought.items()
        if key not in wanted
    ]
    return tuple(found)


def _quantities(lines: Iterable[BagLine]) -> dict[str, BagLine]:
    return {sku_key(line.sku): line for line in merge_lines(lines)}


def _counts(key: str, ordered: dict[str, BagLine], bought: dict[str, BagLine]) -> set[Decimal]:
    """Return what may be taken for the quantity: with gifts, and without them."""
    return {lines[key].quantity for lines in (ordered, bought) if key in lines}

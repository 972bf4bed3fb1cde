"""An order held against the bag that was handed over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from handoff.bag import Line, plain, same_sku, summed
from handoff.magento.purchases import Purchase


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which an order is not the bag. Quantities are plain numbers, as text."""

    code: str
    sku: str | None
    bag: str
    ordered: str

    def as_json(self) -> dict[str, Any]:
        """Return the entry of `differences[]`."""
        return {"code": self.code, "sku": self.sku, "bag": self.bag, "ordered": self.ordered}


def differences(bag: dict[str, Any], purchases: Sequence[Purchase]) -> tuple[Difference, ...]:
    """Say in what the orders of a quote, all together, are not the ledger's bag.

    A line at price zero that the bag does not hold is a gift of the shop's, and no difference;
    neither is a gift of more of what the bag holds.
    """
    found = [
        Difference("currency_differs", None, bag["currency"], purchase.currency)
        for purchase in purchases
        if purchase.currency != bag["currency"]
    ]
    lines = [line for purchase in purchases for line in purchase.lines]
    wanted = _quantities(Line(line["sku"], Decimal(line["quantity"])) for line in bag["lines"])
    ordered = _quantities(Line(line.sku, line.quantity) for line in lines)
    bought = _quantities(Line(line.sku, line.quantity) for line in lines if not line.is_gift)
    for key, line in wanted.items():
        if key not in ordered:
            found.append(Difference("missing_in_order", line.sku, plain(line.quantity), "0"))
        elif line.quantity not in _counts(key, ordered, bought):
            found.append(
                Difference(
                    "quantity_differs",
                    line.sku,
                    plain(line.quantity),
                    plain(bought.get(key, ordered[key]).quantity),
                )
            )
    found += [
        Difference("foreign_in_order", line.sku, "0", plain(line.quantity))
        for key, line in bought.items()
        if key not in wanted
    ]
    return tuple(found)


def _quantities(lines: Iterable[Line]) -> dict[str, Line]:
    return {same_sku(line.sku): line for line in summed(lines)}


def _counts(key: str, ordered: dict[str, Line], bought: dict[str, Line]) -> set[Decimal]:
    """Return what may be taken for the quantity: with gifts, and without them."""
    return {lines[key].quantity for lines in (ordered, bought) if key in lines}

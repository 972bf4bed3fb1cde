"""The bag of an app, and its comparison with the lines of a quote or of orders.

The shop's own rules can add lines that cost nothing. So a surplus of a sku, or a sku that is not
in the bag, is not a difference if the surplus lines are free.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from handoff.problems import Fault


@dataclass(frozen=True, slots=True)
class BagLine:
    """A sku, as the app or the shop spells it, and a quantity."""

    sku: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Bag:
    """The lines of a bag, one for each sku, in the app's sequence, and the currency."""

    lines: tuple[BagLine, ...]
    currency: str

    @classmethod
    def from_json(cls, bag: Mapping[str, Any]) -> Bag:
        """Return the bag from the JSON that `as_json` returns."""
        lines = (BagLine(line["sku"], Decimal(line["quantity"])) for line in bag["lines"])
        return cls(tuple(lines), bag["currency"])

    def as_json(self) -> dict[str, Any]:
        """Return the bag for the ledger, with quantities as text."""
        return {
            "currency": self.currency,
            "lines": [
                {"sku": line.sku, "quantity": format_quantity(line.quantity)} for line in self.lines
            ],
        }


class ComparableLine(Protocol):
    """A line of a quote or of an order.

    `sku_without_options` is its product's sku, if chosen options made the sku of the line longer.
    `is_free` says that nothing has to be paid for the line.
    """

    @property
    def sku(self) -> str: ...
    @property
    def sku_without_options(self) -> str | None: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def is_free(self) -> bool: ...


def normalize_sku(sku: str) -> str:
    """Return the spelling that equal skus share: Magento ignores case. Blanks stay."""
    return sku.lower()


def merge_lines(lines: Iterable[BagLine]) -> tuple[BagLine, ...]:
    """Merge lines of the same sku into one, with the spelling and position of the first."""
    merged: dict[str, BagLine] = {}
    for line in lines:
        known = merged.get(normalize_sku(line.sku), BagLine(line.sku, Decimal(0)))
        merged[normalize_sku(line.sku)] = BagLine(known.sku, known.quantity + line.quantity)
    return tuple(merged.values())


def format_quantity(quantity: Decimal) -> str:
    """Return a quantity without exponent and without trailing zeros: 2, 1.5, 100."""
    return f"{quantity.normalize():f}"


def find_quote_differences(lines: Sequence[ComparableLine], bag: Iterable[BagLine]) -> list[Fault]:
    """Return a fault for each sku whose quantity in the quote differs from the bag.

    Case is ignored, and lines of one sku are added up.
    """
    return [
        _build_quote_fault(in_bag, in_quote)
        for in_bag, in_quote, _ in find_line_differences(lines, tuple(bag))
    ]


class LineDifference(NamedTuple):
    """One sku in the bag, in all lines of a quote or of orders, and in those that are not free."""

    in_bag: BagLine
    in_lines: BagLine
    in_paid_lines: BagLine


def find_line_differences(
    lines: Sequence[ComparableLine], bag: Iterable[BagLine]
) -> Iterator[LineDifference]:
    """Yield how the lines differ from the bag, for each sku that does."""
    in_bag = _merge_by_sku(bag)
    in_lines = _merge_by_sku(_build_line_with_bag_sku(in_bag, line) for line in lines)
    in_paid_lines = _merge_by_sku(
        _build_line_with_bag_sku(in_bag, line) for line in lines if not line.is_free
    )
    for key in in_bag | in_lines:
        none = BagLine((in_bag.get(key) or in_lines[key]).sku, Decimal(0))
        each = LineDifference(
            *(found.get(key, none) for found in (in_bag, in_lines, in_paid_lines))
        )
        if not each.in_paid_lines.quantity <= each.in_bag.quantity <= each.in_lines.quantity:
            yield each


def _merge_by_sku(lines: Iterable[BagLine]) -> dict[str, BagLine]:
    return {normalize_sku(line.sku): line for line in merge_lines(lines)}


def _build_line_with_bag_sku(in_bag: dict[str, BagLine], line: ComparableLine) -> BagLine:
    """Return the line with the sku that the bag uses: the line's own, or its product's."""
    sku_without_options = line.sku_without_options or line.sku
    is_by_product = (
        normalize_sku(line.sku) not in in_bag and normalize_sku(sku_without_options) in in_bag
    )
    return BagLine(sku_without_options if is_by_product else line.sku, line.quantity)


def _build_quote_fault(in_bag: BagLine, in_quote: BagLine) -> Fault:
    if not in_bag.quantity:
        detail = "The quote holds this item; the bag does not."
        return Fault("foreign_in_quote", detail, sku=in_bag.sku)
    if not in_quote.quantity:
        return Fault("missing_in_quote", "The quote does not hold this item.", sku=in_bag.sku)
    bag_quantity, quote_quantity = map(format_quantity, (in_bag.quantity, in_quote.quantity))
    detail = f"The quote holds {quote_quantity}, the bag {bag_quantity}."
    return Fault("quantity_differs", detail, sku=in_bag.sku)

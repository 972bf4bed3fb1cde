"""The bag of an app: lines of sku and quantity, and a currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class BagLine:
    """A sku, as the app or the shop spells it, and a quantity."""

    sku: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Bag:
    """The lines of a bag, one for each sku, in the order of the app, and the currency."""

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


def normalize_sku(sku: str) -> str:
    """Return the spelling that equal skus share: Magento ignores case."""
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

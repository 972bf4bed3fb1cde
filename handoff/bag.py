"""The bag: lines of sku and quantity, each sku once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class BagLine:
    """A sku, as the app or the shop spells it, and how many of it."""

    sku: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Bag:
    """The lines of a bag, one for each sku, in the order of the app, and the currency."""

    lines: tuple[BagLine, ...]
    currency: str


def sku_key(sku: str) -> str:
    """Return the key under which two spellings are one sku: the shop ignores case."""
    return sku.lower()


def merge_lines(lines: Iterable[BagLine]) -> tuple[BagLine, ...]:
    """Add lines of the same sku up into one, which keeps the first spelling and place."""
    sums: dict[str, BagLine] = {}
    for line in lines:
        known = sums.get(sku_key(line.sku), BagLine(line.sku, Decimal(0)))
        sums[sku_key(line.sku)] = BagLine(known.sku, known.quantity + line.quantity)
    return tuple(sums.values())


def format_quantity(quantity: Decimal) -> str:
    """Write a quantity without exponent and needless zeros: 2, 1.5, 100."""
    return f"{quantity.normalize():f}"

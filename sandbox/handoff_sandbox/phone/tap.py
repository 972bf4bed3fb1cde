from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from handoff_sandbox.catalogue import lab_catalogue

SHOPPERS = {
    "guest": None,
    "sam": "shopper@example.com",
    "olly": "other@example.com",
}
KINDS = ("bag", "quote")
STYLES = ("url", "form")


@dataclass(frozen=True, slots=True)
class Tap:
    """A tap on Checkout: the bag, and how it is to travel. `email` is None for a guest."""

    items: tuple[tuple[str, int], ...]
    email: str | None
    kind: str
    style: str
    reference: str

    @classmethod
    def read(cls, given: Mapping[str, object]) -> Tap:
        """Read what the page sends; raises ValueError for what no page sends."""
        kind, style, shopper = (str(given.get(name)) for name in ("kind", "style", "shopper"))
        bag, catalogue = given.get("bag"), lab_catalogue()
        if kind not in KINDS or style not in STYLES or shopper not in SHOPPERS:
            raise ValueError("unknown choice")
        if not isinstance(bag, dict) or not all(type(qty) is int for qty in bag.values()):
            raise ValueError("no bag")
        if not all(catalogue.by_sku(str(sku)) for sku in bag):
            raise ValueError("unknown sku")
        items = tuple((str(sku), qty) for sku, qty in bag.items() if qty > 0)
        return cls(items, SHOPPERS[shopper], kind, style, str(given.get("reference")))

    @property
    def count(self) -> int:
        return sum(quantity for _, quantity in self.items)

"""The request of the phone's page after a tap on Checkout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from handoff_sandbox.catalogue import create_demo_catalogue

SHOPPERS = {
    "guest": None,
    "sam": "shopper@example.com",
    "olly": "other@example.com",
}
TRANSFER_KINDS = ("bag", "quote")
INSTRUCTION_STYLES = ("url", "form")


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """The bag, the shopper's e-mail address (None for a guest), and how to transfer the bag."""

    items: tuple[tuple[str, int], ...]
    email: str | None
    kind: str
    style: str
    reference: str

    @classmethod
    def read(cls, body: Mapping[str, object]) -> CheckoutRequest:
        """Return the request of a JSON body, or raise ValueError if no page sends such a body."""
        kind, style, shopper = (str(body.get(name)) for name in ("kind", "style", "shopper"))
        bag, catalogue = body.get("bag"), create_demo_catalogue()
        if kind not in TRANSFER_KINDS or style not in INSTRUCTION_STYLES or shopper not in SHOPPERS:
            raise ValueError("unknown choice")
        if not isinstance(bag, dict) or not all(type(qty) is int for qty in bag.values()):
            raise ValueError("no bag")
        if not all(catalogue.find_by_sku(str(sku)) for sku in bag):
            raise ValueError("unknown sku")
        items = tuple((str(sku), qty) for sku, qty in bag.items() if qty > 0)
        return cls(items, SHOPPERS[shopper], kind, style, str(body.get("reference")))

    @property
    def item_count(self) -> int:
        """The number of items in the bag."""
        return sum(quantity for _, quantity in self.items)

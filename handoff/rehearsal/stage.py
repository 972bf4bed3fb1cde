"""What the parts of a rehearsal share in one store view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from handoff.bag import BagLine
from handoff.reconciliation.reconciler import Reconciler
from handoff.rehearsal.cleanup import Cleanup
from handoff.rehearsal.cloud import Cloud
from handoff.rehearsal.outcome import Step
from handoff.rehearsal.products import choose
from handoff.rehearsal.shop import Shop
from handoff.rehearsal.stop import Stop


@dataclass(slots=True)
class Stage:
    """The shop in one store view, Poq's cloud, and the products, once they have been chosen.

    `reconciler` is None where orders may not be read, or none is placed.
    """

    shop: Shop
    cloud: Cloud
    stop: Stop
    cleanup: Cleanup
    reconciler: Reconciler | None
    products: tuple[str, str] = field(default=("", ""))

    def step(self, part: str, title: str, act: Callable[[], str], skipped: str = "") -> Step:
        """Return a step in this store view; `skipped` says why it is left out."""
        return Step(self.shop.store.code, part, title, act, skipped)

    def choose(self, skus: tuple[str, ...]) -> str:
        """Choose the products: those that are named, else out of the catalogue."""
        self.products = choose(self.shop, skus, self.cleanup)
        return " and ".join(self.products)

    def lines(self, *quantities: int) -> tuple[BagLine, ...]:
        """Return lines of the products in these quantities."""
        pairs = zip(self.products, quantities, strict=False)
        return tuple(BagLine(sku, Decimal(quantity)) for sku, quantity in pairs)

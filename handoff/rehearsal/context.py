"""The objects that all steps of a rehearsal share in one store view."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from handoff.bag import BagLine
from handoff.reconciliation.reconciler import Reconciler
from handoff.rehearsal.app_shop_client import AppShopClient
from handoff.rehearsal.cancel_token import CancelToken
from handoff.rehearsal.product_choice import choose_products
from handoff.rehearsal.results import Observation
from handoff.rehearsal.transfer_client import TransferClient
from handoff.rehearsal.webhook_deliveries import WebhookDeliveries
from handoff.undo_stack import UndoStack


@dataclass(slots=True)
class RehearsalContext:
    """The clients of the shop and of the service, and two products once they are chosen.

    `reconciler` is None if orders may not be read or none is placed. `deliveries` is None then,
    and without a receiver of webhooks.
    """

    shop: AppShopClient
    transfers: TransferClient
    cancel: CancelToken
    undo_stack: UndoStack
    reconciler: Reconciler | None = None
    deliveries: WebhookDeliveries | None = None
    products: tuple[str, str] = ("", "")

    def choose_products(self, skus: tuple[str, ...]) -> Observation:
        """Choose the two products: the given ones, or two of the catalogue."""
        self.products = choose_products(self.shop, skus, self.undo_stack)
        return " and ".join(self.products)

    def build_bag_lines(self, *quantities: int) -> tuple[BagLine, ...]:
        """Return a bag line for each quantity, of the first product, then the second."""
        pairs = zip(self.products, quantities, strict=False)
        return tuple(BagLine(sku, Decimal(quantity)) for sku, quantity in pairs)

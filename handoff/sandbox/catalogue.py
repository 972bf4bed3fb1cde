from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

OPENED_AT = "2026-11-21 19:00:45"
CATEGORY_ID = 3


@dataclass(slots=True)
class Product:
    """A simple product; `stock` and `enabled` are the only things that change."""

    id: int
    sku: str
    name: str
    price: Decimal
    stock: Decimal
    enabled: bool = True

    @property
    def in_stock(self) -> bool:
        return self.stock > 0

    @property
    def url_key(self) -> str:
        return self.sku.lower()


@dataclass(slots=True)
class Catalogue:
    products: list[Product] = field(default_factory=list)

    def by_sku(self, sku: str) -> Product | None:
        """Match as MySQL's collation does: whatever the case, but spaces count."""
        return next((one for one in self.products if one.sku.lower() == sku.lower()), None)

    def by_id(self, number: int) -> Product | None:
        return next((one for one in self.products if one.id == number), None)

    def by_url_key(self, key: str) -> Product | None:
        return next((one for one in self.enabled() if one.url_key == key), None)

    def enabled(self) -> list[Product]:
        return [one for one in self.products if one.enabled]

    def saleable(self) -> list[Product]:
        return [one for one in self.enabled() if one.in_stock]

    def disable(self, sku: str) -> None:
        """Take a product off sale, carts that hold it included."""
        product = self.by_sku(sku)
        if product is None:
            raise KeyError(sku)
        product.enabled = False


def lab_catalogue() -> Catalogue:
    """Give the 23 products that the recorded shop had."""
    plenty = Decimal(10_000)
    products = [
        Product(n, f"ITEM-{n:02d}", f"Lab item {n:02d}", Decimal(10 + n), plenty)
        for n in range(1, 21)
    ]
    products += [
        Product(21, "ITEM-OOS", "Lab item out of stock", Decimal(31), Decimal(0)),
        Product(22, "ITEM-FEW", "Lab item few left", Decimal(32), Decimal(5)),
        Product(23, "ITEM-OFF", "Lab item disabled", Decimal(33), plenty, enabled=False),
    ]
    return Catalogue(products)

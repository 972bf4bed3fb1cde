from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

OPENED_AT = "2026-11-21 19:00:45"
CATEGORY_ID = 3
CHOSEN_BY = "Lab size"


class Kind(StrEnum):
    SIMPLE = "simple"
    VIRTUAL = "virtual"
    DOWNLOADABLE = "downloadable"
    CONFIGURABLE = "configurable"
    BUNDLE = "bundle"
    GROUPED = "grouped"


@dataclass(frozen=True, slots=True)
class Quantities:
    """What quantities of a product the shop sells at once; `step` 0 is any."""

    fewest: Decimal = Decimal(1)
    most: Decimal = Decimal(10_000)
    step: Decimal = Decimal(0)
    fractions: bool = False
    backorders: bool = False


@dataclass(slots=True)
class Product:
    """A product; `stock` and `enabled` are the only things that change.

    `parts` are a configurable's variants by the uid of their option, a group's members, or a
    bundle's parts where there is one way to choose them. `option` is what a variant is chosen
    by, `gift` what a rule adds for free.
    """

    id: int
    sku: str
    name: str
    price: Decimal
    stock: Decimal
    enabled: bool = True
    kind: Kind = Kind.SIMPLE
    quantities: Quantities = Quantities()
    needs_choice: bool = False
    has_page: bool = True
    on_website: bool = True
    parts: dict[str, Product] = field(default_factory=dict)
    group_prices: dict[int, Decimal] = field(default_factory=dict)
    gift: Product | None = None
    option: str = ""
    url_key: str = ""

    def __post_init__(self) -> None:
        self.url_key = self.url_key or self.sku.lower()

    @property
    def in_stock(self) -> bool:
        return self.stock > 0

    @property
    def is_sent(self) -> bool:
        return self.kind not in (Kind.VIRTUAL, Kind.DOWNLOADABLE)

    def price_for(self, group_id: int) -> Decimal:
        return self.group_prices.get(group_id, self.price)


@dataclass(slots=True)
class Catalogue:
    products: list[Product] = field(default_factory=list)

    def by_sku(self, sku: str) -> Product | None:
        """Match as MySQL's collation does: whatever the case, but spaces count."""
        return next((one for one in self.products if one.sku.lower() == sku.lower()), None)

    def by_id(self, number: int) -> Product | None:
        return next((one for one in self.products if one.id == number), None)

    def by_url_key(self, key: str) -> Product | None:
        return next((one for one in self.shown() if one.url_key == key), None)

    def enabled(self) -> list[Product]:
        return [one for one in self.products if one.enabled]

    def shown(self) -> list[Product]:
        """Give what has a page of its own; a variant has none."""
        return [one for one in self.enabled() if one.has_page and one.on_website]

    def saleable(self) -> list[Product]:
        return [one for one in self.shown() if one.in_stock]

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

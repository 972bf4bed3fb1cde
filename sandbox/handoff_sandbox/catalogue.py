"""Products, and the catalogue that the recorded shop had."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

CREATED_AT = "2026-11-21 19:00:45"
CATEGORY_ID = 3
OPTION_LABEL = "Lab size"


class ProductType(StrEnum):
    """Magento's product types."""

    SIMPLE = "simple"
    VIRTUAL = "virtual"
    DOWNLOADABLE = "downloadable"
    CONFIGURABLE = "configurable"
    BUNDLE = "bundle"
    GROUPED = "grouped"


@dataclass(frozen=True, slots=True)
class QuantityRules:
    """The quantities of a product that the shop sells at once. A `step` of 0 allows all."""

    minimum: Decimal = Decimal(1)
    maximum: Decimal = Decimal(10_000)
    step: Decimal = Decimal(0)
    fractions: bool = False
    backorders: bool = False


@dataclass(slots=True)
class Product:
    """A product. Only `stock` and `enabled` change.

    `parts` holds a configurable product's variants by the uid of their option, a group's members,
    or a bundle's parts if there is only one way to choose them. `option` is the value by which a
    variant is chosen. `gift` is the product that a rule adds for free.
    """

    id: int
    sku: str
    name: str
    price: Decimal
    stock: Decimal
    enabled: bool = True
    type: ProductType = ProductType.SIMPLE
    quantities: QuantityRules = QuantityRules()
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
    def is_in_stock(self) -> bool:
        """Whether any of it is left."""
        return self.stock > 0

    @property
    def is_shipped(self) -> bool:
        """Whether it is a thing that needs shipping."""
        return self.type not in (ProductType.VIRTUAL, ProductType.DOWNLOADABLE)

    def get_price(self, group_id: int) -> Decimal:
        """Return the price for a customer group."""
        return self.group_prices.get(group_id, self.price)


@dataclass(slots=True)
class Catalogue:
    """All products of the shop."""

    products: list[Product] = field(default_factory=list)

    def find_by_sku(self, sku: str) -> Product | None:
        """Return a product by its sku, compared as in MySQL's collation."""
        wanted = _fold_case(sku)
        return next(
            (product for product in self.products if _fold_case(product.sku) == wanted), None
        )

    def find_by_id(self, number: int) -> Product | None:
        """Return a product by its id."""
        return next((product for product in self.products if product.id == number), None)

    def find_by_url_key(self, key: str) -> Product | None:
        """Return the visible product whose page has a URL key."""
        return next((found for found in self.list_visible() if found.url_key == key), None)

    def list_enabled(self) -> list[Product]:
        """Return the products that are not switched off."""
        return [product for product in self.products if product.enabled]

    def list_visible(self) -> list[Product]:
        """Return the enabled products that have a page of their own. A variant has none."""
        enabled = self.list_enabled()
        return [product for product in enabled if product.has_page and product.on_website]

    def list_saleable(self) -> list[Product]:
        """Return the visible products that are in stock."""
        return [product for product in self.list_visible() if product.is_in_stock]

    def disable(self, sku: str) -> None:
        """Switch a product off, also in quotes that hold it; raise KeyError if it is unknown."""
        product = self.find_by_sku(sku)
        if product is None:
            raise KeyError(sku)
        product.enabled = False


def _fold_case(sku: str) -> str:
    """Return a sku without case, accents and blanks at the end, which do not count in MySQL.

    An accent that is a character of its own counts.
    """
    letters = (unicodedata.normalize("NFD", char)[0] for char in sku.rstrip(" "))
    return "".join(letters).lower()


def create_demo_catalogue() -> Catalogue:
    """Return the 23 products that the recorded shop had."""
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

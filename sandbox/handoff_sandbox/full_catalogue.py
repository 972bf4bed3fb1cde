"""A catalogue with products of every type that Magento sells, as a recorded shop had them."""

from __future__ import annotations

from decimal import Decimal

from handoff_sandbox.accounts import WHOLESALE
from handoff_sandbox.catalogue import (
    Catalogue,
    Product,
    ProductType,
    QuantityRules,
    create_demo_catalogue,
)

PLENTY = Decimal(1000)


def create_full_catalogue() -> Catalogue:
    """Return the demo's products and one or two of each other type, whose skus begin with PC-."""
    catalogue = create_demo_catalogue()
    bundled = {
        sku: catalogue.find_by_sku(sku) for sku in ("ITEM-01", "ITEM-02", "ITEM-03", "ITEM-04")
    }
    simple = {sku: product for sku, product in bundled.items() if product is not None}
    catalogue.products += [
        *_create_jumper(),
        *_create_bundles(simple),
        *_create_virtual_products(),
        *_create_products_with_quantity_rules(),
        *_create_products_with_gifts(),
        _create_product(41, "PC-OPT-REQ", "With required colour", 20, needs_choice=True),
        _create_product(
            48, "PC-TIER", "Cheaper for many", 10, group_prices={WHOLESALE: Decimal(6)}
        ),
        _create_product(50, "PC-GONE", "Off later", 10, url_key="off-later"),
        _create_product(52, "PC-NOWEB", "On no website", 10, on_website=False),
        _create_product(53, "PC-HID", "Not visible", 10, url_key="not-visible", has_page=False),
    ]
    return catalogue


def _create_product(number: int, sku: str, name: str, price: int, **more: object) -> Product:
    stock = more.pop("stock", PLENTY)
    return Product(number, sku, name, Decimal(price), stock, **more)  # type: ignore[arg-type]


def _create_jumper() -> list[Product]:
    variants = [
        _create_product(
            28 + number,
            f"PC-CONF-{size[0]}",
            f"Jumper child {size}",
            40 + 10 * number,
            option=size,
            url_key=f"jumper-child-{size.lower()}",
            has_page=False,
        )
        for number, size in enumerate(("Small", "Large"))
    ]
    uids = ("Y29uZmlndXJhYmxlLzEzNy80", "Y29uZmlndXJhYmxlLzEzNy81")
    jumper = _create_product(
        30,
        "PC-CONF",
        "Jumper",
        40,
        type=ProductType.CONFIGURABLE,
        needs_choice=True,
        parts=dict(zip(uids, variants, strict=True)),
        url_key="jumper",
    )
    return [*variants, jumper]


def _create_bundles(simple: dict[str, Product]) -> list[Product]:
    parts = {sku: simple[sku] for sku in ("ITEM-01", "ITEM-02")}
    members = {sku: simple[sku] for sku in ("ITEM-04", "ITEM-03")}
    choose = {"type": ProductType.BUNDLE, "needs_choice": True}
    return [
        _create_product(31, "PC-BUN", "Bundle to choose", 0, **choose),
        _create_product(32, "PC-BUN-DEF", "Bundle with defaults", 0, **choose),
        _create_product(
            33, "PC-BUN-ONE", "Bundle of one way", 23, type=ProductType.BUNDLE, parts=parts
        ),
        _create_product(36, "PC-GRP", "Group", 0, type=ProductType.GROUPED, parts=members),
    ]


def _create_virtual_products() -> list[Product]:
    download = ProductType.DOWNLOADABLE
    return [
        _create_product(39, "PC-VIRT", "Service by post", 12, type=ProductType.VIRTUAL),
        _create_product(62, "PC-DL-REQ", "Download PC-DL-REQ", 9, type=download, needs_choice=True),
        _create_product(63, "PC-DL-FREE", "Download PC-DL-FREE", 9, type=download),
    ]


def _create_products_with_quantity_rules() -> list[Product]:
    metre = QuantityRules(minimum=Decimal("0.5"), fractions=True)
    return [
        _create_product(42, "PC-DEC", "Cloth by the metre", 10, quantities=metre),
        _create_product(
            43, "PC-MIN", "At least three", 10, quantities=QuantityRules(minimum=Decimal(3))
        ),
        _create_product(
            44, "PC-MAX", "At most five", 10, quantities=QuantityRules(maximum=Decimal(5))
        ),
        _create_product(45, "PC-INC", "By fours", 10, quantities=QuantityRules(step=Decimal(4))),
        _create_product(
            46,
            "PC-BACK",
            "Backorder",
            10,
            stock=Decimal(2),
            quantities=QuantityRules(backorders=True),
        ),
        _create_product(51, "PC-SOLD", "Sold later", 10, stock=Decimal(5)),
    ]


def _create_products_with_gifts() -> list[Product]:
    gift = _create_product(55, "PC-GIFT", "The gift", 15, url_key="the-gift")
    giver = _create_product(54, "PC-GIFTER", "Brings a gift", 30, gift=gift)
    same = _create_product(56, "PC-SAME", "One more of the same", 20)
    same.gift = same
    return [giver, gift, same]

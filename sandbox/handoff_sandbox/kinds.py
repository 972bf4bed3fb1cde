"""Products of every kind that Magento sells, as a recorded shop had them."""

from __future__ import annotations

from decimal import Decimal

from handoff_sandbox.catalogue import Catalogue, Kind, Product, Quantities, lab_catalogue
from handoff_sandbox.people import WHOLESALE

PLENTY = Decimal(1000)


def catalogue_of_all_kinds() -> Catalogue:
    """Give the demo's products and one or two of each other kind; their skus begin with PC-."""
    catalogue = lab_catalogue()
    bundled = {sku: catalogue.by_sku(sku) for sku in ("ITEM-01", "ITEM-02", "ITEM-03", "ITEM-04")}
    simple = {sku: product for sku, product in bundled.items() if product is not None}
    catalogue.products += [
        *_jumper(),
        *_bundles(simple),
        *_without_parcel(),
        *_by_quantity(),
        *_with_gifts(),
        _product(41, "PC-OPT-REQ", "With required colour", 20, needs_choice=True),
        _product(48, "PC-TIER", "Cheaper for many", 10, group_prices={WHOLESALE: Decimal(6)}),
        _product(50, "PC-GONE", "Off later", 10, url_key="off-later"),
        _product(52, "PC-NOWEB", "On no website", 10, on_website=False),
        _product(53, "PC-HID", "Not visible", 10, url_key="not-visible", has_page=False),
    ]
    return catalogue


def _product(number: int, sku: str, name: str, price: int, **more: object) -> Product:
    stock = more.pop("stock", PLENTY)
    return Product(number, sku, name, Decimal(price), stock, **more)  # type: ignore[arg-type]


def _jumper() -> list[Product]:
    variants = [
        _product(
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
    jumper = _product(
        30,
        "PC-CONF",
        "Jumper",
        40,
        kind=Kind.CONFIGURABLE,
        needs_choice=True,
        parts=dict(zip(uids, variants, strict=True)),
        url_key="jumper",
    )
    return [*variants, jumper]


def _bundles(simple: dict[str, Product]) -> list[Product]:
    parts = {sku: simple[sku] for sku in ("ITEM-01", "ITEM-02")}
    members = {sku: simple[sku] for sku in ("ITEM-04", "ITEM-03")}
    choose = {"kind": Kind.BUNDLE, "needs_choice": True}
    return [
        _product(31, "PC-BUN", "Bundle to choose", 0, **choose),
        _product(32, "PC-BUN-DEF", "Bundle with defaults", 0, **choose),
        _product(33, "PC-BUN-ONE", "Bundle of one way", 23, kind=Kind.BUNDLE, parts=parts),
        _product(36, "PC-GRP", "Group", 0, kind=Kind.GROUPED, parts=members),
    ]


def _without_parcel() -> list[Product]:
    download = Kind.DOWNLOADABLE
    return [
        _product(39, "PC-VIRT", "Service by post", 12, kind=Kind.VIRTUAL),
        _product(62, "PC-DL-REQ", "Download PC-DL-REQ", 9, kind=download, needs_choice=True),
        _product(63, "PC-DL-FREE", "Download PC-DL-FREE", 9, kind=download),
    ]


def _by_quantity() -> list[Product]:
    metre = Quantities(fewest=Decimal("0.5"), fractions=True)
    return [
        _product(42, "PC-DEC", "Cloth by the metre", 10, quantities=metre),
        _product(43, "PC-MIN", "At least three", 10, quantities=Quantities(fewest=Decimal(3))),
        _product(44, "PC-MAX", "At most five", 10, quantities=Quantities(most=Decimal(5))),
        _product(45, "PC-INC", "By fours", 10, quantities=Quantities(step=Decimal(4))),
        _product(
            46, "PC-BACK", "Backorder", 10, stock=Decimal(2), quantities=Quantities(backorders=True)
        ),
        _product(51, "PC-SOLD", "Sold later", 10, stock=Decimal(5)),
    ]


def _with_gifts() -> list[Product]:
    gift = _product(55, "PC-GIFT", "The gift", 15, url_key="the-gift")
    giver = _product(54, "PC-GIFTER", "Brings a gift", 30, gift=gift)
    same = _product(56, "PC-SAME", "One more of the same", 20)
    same.gift = same
    return [giver, gift, same]

"""A sample of the shop's products, and its categories, as an administrator reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from handoff.doctor.shop import Shop
from handoff.settings.store_views import StoreView

_SPREAD = 4  # places of the catalogue from which products are taken
_CONFIGURABLES = 3
_MOST_CATEGORIES = 500
_NEWEST_FIRST = {
    "searchCriteria[sortOrders][0][field]": "entity_id",
    "searchCriteria[sortOrders][0][direction]": "DESC",
}
# Lists show these; what is found by search only, or by nothing, no app shows.
_VISIBLE = "2,3,4"


@dataclass(frozen=True, slots=True)
class Product:
    """A product as the app needs it. `price` and `stock` are None where the shop tells none."""

    id: int
    sku: str
    name: str
    kind: str
    price: Decimal | None
    description: str
    images: tuple[str, ...]
    in_stock: bool | None
    asks_for_options: bool
    option_labels: tuple[str, ...]
    child_ids: tuple[int, ...]
    attributes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Category:
    """A category below the root, and how many products it says to have."""

    id: int
    name: str
    active: bool
    products: int
    children: int


@dataclass(frozen=True, slots=True)
class Sample:
    """What was taken of the catalogue, which has `total` products that can be seen."""

    products: tuple[Product, ...]
    children: dict[int, Product]
    categories: tuple[Category, ...]
    total: int
    media_url: str
    filterable: tuple[str, ...] | None
    denied: tuple[str, ...]


def take_sample(shop: Shop, store: StoreView, token: str, size: int) -> Sample:
    """Take so many products from several places of the catalogue, some configurables among them."""
    return _Taking(shop, store, token).sample(size)


class _Taking:
    def __init__(self, shop: Shop, store: StoreView, token: str) -> None:
        self._shop = shop
        self._store = store
        self._token = token
        self._denied: dict[str, None] = {}

    def sample(self, size: int) -> Sample:
        rows, total = self._spread(size)
        details = [self._get(f"products/{quote(sku, safe='')}") for sku in _skus(rows)]
        products = tuple(_product(row) for row in details if self._is_sold_here(row))
        return Sample(
            products=products,
            children=self._children(products),
            categories=tuple(_below_root(self._get("categories"))),
            total=total,
            media_url=self._media_url(),
            filterable=self._filterable(),
            denied=tuple(self._denied),
        )

    def _is_sold_here(self, row: Any) -> bool:
        """Whether the product is in the store view's website, where it tells any."""
        if not isinstance(row, dict):
            return False
        websites = (row.get("extension_attributes") or {}).get("website_ids")
        return not isinstance(websites, list) or self._store.website_id in websites

    def _get(self, path: str, params: dict[str, str] | None = None) -> Any:
        reply = self._shop.rest("GET", path, store=self._store, token=self._token, params=params)
        if reply.status in (401, 403):
            self._denied[path.partition("/")[0].partition("?")[0]] = None
        return reply.data if reply.status == 200 else None

    def _spread(self, size: int) -> tuple[list[dict[str, Any]], int]:
        """Return rows from the beginning, the end and between, and how many there are in all."""
        first, total = self._page(size, 1)
        if total <= size:
            return first, total
        part = max(1, size // _SPREAD)
        pages = total // part  # full ones
        wanted = {1 + place * (pages - 1) // max(1, _SPREAD - 1) for place in range(_SPREAD)}
        rows = [row for page in sorted(wanted) for row in self._page(part, page)[0]]
        configurables, _ = self._page(_CONFIGURABLES, 1, kind="configurable")
        return rows[:size] + configurables, total

    def _page(
        self, size: int, page: int, *, kind: str | None = None
    ) -> tuple[list[dict[str, Any]], int]:
        filters = {"status": ("eq", "1"), "visibility": ("in", _VISIBLE)}
        if kind:
            filters["type_id"] = ("eq", kind)
        params = _criteria(filters, size, page) | _NEWEST_FIRST
        data = self._get("products", params | {"fields": "items[sku],total_count"})
        if not isinstance(data, dict):
            return [], 0
        return data.get("items") or [], int(data.get("total_count") or 0)

    def _children(self, products: tuple[Product, ...]) -> dict[int, Product]:
        """Return the configurables' children by their numbers."""
        wanted = sorted({number for product in products for number in product.child_ids})
        if not wanted:
            return {}
        numbers = ",".join(str(number) for number in wanted[:100])
        data = self._get("products", _criteria({"entity_id": ("in", numbers)}, 100, 1))
        rows = data.get("items") or [] if isinstance(data, dict) else []
        return {int(row["id"]): _product(row) for row in rows}

    def _media_url(self) -> str:
        configs = self._get("store/storeConfigs")
        for config in configs if isinstance(configs, list) else []:
            if config.get("code") == self._store.code:
                return str(config.get("secure_base_media_url") or config.get("base_media_url"))
        return ""

    def _filterable(self) -> tuple[str, ...] | None:
        params = _criteria({"is_filterable": ("gt", "0")}, 50, 1)
        data = self._get("products/attributes", params | {"fields": "items[attribute_code]"})
        if not isinstance(data, dict):
            return None
        return tuple(str(row["attribute_code"]) for row in data.get("items") or [])


def _criteria(filters: dict[str, tuple[str, str]], size: int, page: int) -> dict[str, str]:
    params = {
        "searchCriteria[pageSize]": str(size),
        "searchCriteria[currentPage]": str(page),
    }
    for group, (name, (condition, value)) in enumerate(filters.items()):
        where = f"searchCriteria[filterGroups][{group}][filters][0]"
        params |= {
            f"{where}[field]": name,
            f"{where}[value]": value,
            f"{where}[conditionType]": condition,
        }
    return params


def _skus(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(str(row["sku"]) for row in rows))


def _product(row: dict[str, Any]) -> Product:
    extensions = row.get("extension_attributes") or {}
    stock = extensions.get("stock_item") or {}
    custom = {
        str(one.get("attribute_code")): one.get("value")
        for one in row.get("custom_attributes") or []
        if isinstance(one, dict)
    }
    options = extensions.get("configurable_product_options") or []
    entries = row.get("media_gallery_entries") or []
    return Product(
        id=int(row.get("id") or 0),
        sku=str(row.get("sku")),
        name=str(row.get("name") or ""),
        kind=str(row.get("type_id") or ""),
        price=_decimal(row.get("price")),
        description=str(custom.get("description") or custom.get("short_description") or ""),
        images=tuple(
            str(entry["file"])
            for entry in entries
            if entry.get("file") and not entry.get("disabled")
        ),
        in_stock=stock.get("is_in_stock"),
        asks_for_options=any(option.get("is_require") for option in row.get("options") or []),
        option_labels=tuple(str(option.get("label") or "") for option in options),
        child_ids=tuple(int(one) for one in extensions.get("configurable_product_links") or []),
        attributes=frozenset(name for name, value in custom.items() if value not in (None, "", [])),
    )


def _decimal(value: object) -> Decimal | None:
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None


def _below_root(tree: Any) -> Iterator[Category]:
    """Walk the tree; its first node is the root, which no app shows."""
    waiting = list(tree.get("children_data") or []) if isinstance(tree, dict) else []
    found = 0
    while waiting and found < _MOST_CATEGORIES:
        node = waiting.pop(0)
        children = node.get("children_data") or []
        waiting += children
        found += 1
        yield Category(
            id=int(node["id"]),
            name=str(node.get("name") or ""),
            active=bool(node.get("is_active")),
            products=int(node.get("product_count") or 0),
            children=len(children),
        )

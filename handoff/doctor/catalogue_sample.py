"""A sample of the shop's products, and its categories, read as an administrator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil
from typing import Any, Self
from urllib.parse import quote

from handoff.doctor.doctor_shop_client import DoctorShopClient, read_message
from handoff.magento.client import ShopToken
from handoff.magento.http_transport import read_json
from handoff.magento.search_criteria import SearchFilter, build_search_criteria
from handoff.settings.store_view_models import StoreView

_PAGE_SIZE = 20  # webapi/validation/maximum_page_size may allow no larger page
_SPREAD = 4  # products are taken from four parts of the catalogue
_CONFIGURABLES = 3
_MAX_CHILDREN = 100
_MAX_ATTRIBUTES = 100
_MAX_CATEGORIES = 500
# Visible in lists (2), in search (3) or in both (4).
_VISIBLE = "2,3,4"


@dataclass(frozen=True, slots=True)
class CatalogueProduct:
    """A product as the app needs it; `price` and `is_in_stock` are None if not given.

    `requires_options` says that the shopper must fill in fields, such as an engraving.
    `option_labels` and `child_ids` belong to a configurable product. `attributes` are the codes of
    the custom attributes that have a value.
    """

    id: int
    sku: str
    name: str
    type_id: str
    description: str
    price: Decimal | None
    is_in_stock: bool | None
    requires_options: bool
    images: tuple[str, ...]
    option_labels: tuple[str, ...]
    child_ids: tuple[int, ...]
    attributes: frozenset[str]

    @classmethod
    def parse(cls, item: dict[str, Any]) -> Self:
        """Return a product from the JSON of Magento's REST, in which any field can be null."""
        extensions = item.get("extension_attributes") or {}
        attributes = _get_list(item, "custom_attributes")
        custom = {each["attribute_code"]: each["value"] for each in attributes if each.get("value")}
        images = [
            each for each in _get_list(item, "media_gallery_entries") if not each.get("disabled")
        ]
        options = _get_list(extensions, "configurable_product_options")
        price = item.get("price")
        return cls(
            id=int(item.get("id") or 0),
            sku=str(item.get("sku") or ""),
            name=str(item.get("name") or ""),
            type_id=str(item.get("type_id") or ""),
            description=str(custom.get("description") or custom.get("short_description") or ""),
            price=None if price is None else Decimal(str(price)),
            is_in_stock=(extensions.get("stock_item") or {}).get("is_in_stock"),
            requires_options=any(each.get("is_require") for each in _get_list(item, "options")),
            images=tuple(str(each["file"]) for each in images if each.get("file")),
            option_labels=tuple(str(each.get("label") or "") for each in options),
            child_ids=tuple(map(int, _get_list(extensions, "configurable_product_links"))),
            attributes=frozenset(custom),
        )


@dataclass(frozen=True, slots=True)
class CatalogueCategory:
    """A category below the root, with the number of its products and of its subcategories."""

    id: int
    name: str
    is_active: bool
    product_count: int
    child_count: int


@dataclass(frozen=True, slots=True)
class CatalogueSample:
    """Products and categories of a catalogue with `total` visible products.

    `filterable` are the codes of the attributes for filters, None if the shop does not list them.
    `denied` are the endpoints to which the administrator has no right, and `failures` says by path
    what the shop answered instead of data.
    """

    products: tuple[CatalogueProduct, ...]
    children: dict[int, CatalogueProduct]
    categories: tuple[CatalogueCategory, ...]
    total: int
    media_url: str
    filterable: tuple[str, ...] | None
    denied: frozenset[str] = field(default=frozenset())
    failures: dict[str, str] = field(default_factory=dict)


class CatalogueReader:
    """Reads a sample of the catalogue in one store view, with an administrator's token."""

    def __init__(self, shop: DoctorShopClient, store: StoreView, token: ShopToken) -> None:
        self._shop = shop
        self._store = store
        self._token = token
        self._denied: set[str] = set()
        self._failures: dict[str, str] = {}

    def read_sample(self, size: int) -> CatalogueSample:
        """Read `size` products from several parts of the catalogue, and some configurables."""
        skus, total = self._select_skus(size)
        items = [self._fetch_json(f"products/{quote(sku, safe='')}") for sku in dict.fromkeys(skus)]
        products = [CatalogueProduct.parse(item) for item in items if self._is_in_website(item)]
        return CatalogueSample(
            products=tuple(products),
            children=self._read_children(products),
            categories=tuple(self._read_categories()),
            total=total,
            media_url=self._read_media_url(),
            filterable=self._read_filterable_attributes(),
            denied=frozenset(self._denied),
            failures=self._failures,
        )

    def _is_in_website(self, item: Any) -> bool:
        """Return whether the product is in the website of the store view, or names no website."""
        if not isinstance(item, dict):
            return False
        website_ids = (item.get("extension_attributes") or {}).get("website_ids")
        return not isinstance(website_ids, list) or self._store.website_id in website_ids

    def _fetch_json(self, path: str, params: dict[str, str] | None = None) -> Any:
        response = self._shop.call_rest(
            "GET", path, store=self._store, token=self._token, params=params
        )
        if response.status in (401, 403):
            self._denied.add(path.partition("/")[0])
        elif response.status != 200:
            self._failures[path] = read_message(response) or f"status {response.status}"
        return read_json(response) if response.status == 200 else None

    def _select_skus(self, size: int) -> tuple[list[str], int]:
        """Return skus from all parts of the catalogue, and the number of all products."""
        per_page = min(_PAGE_SIZE, size)
        skus, total = self._find_skus(per_page, 1)
        if total <= size:
            for page in range(2, ceil(total / per_page) + 1):
                skus += self._find_skus(per_page, page)[0]
            return skus, total
        per_page = max(1, min(_PAGE_SIZE, size // _SPREAD))
        full_pages, count = total // per_page, ceil(size / per_page)
        pages = {1 + n * (full_pages - 1) // max(1, count - 1) for n in range(count)}
        skus = [sku for page in sorted(pages) for sku in self._find_skus(per_page, page)[0]]
        configurables, _ = self._find_skus(
            _CONFIGURABLES, 1, SearchFilter("type_id", "configurable")
        )
        return skus[:size] + configurables, total

    def _find_skus(self, size: int, page: int, *filters: SearchFilter) -> tuple[list[str], int]:
        criteria = build_search_criteria(
            SearchFilter("status", "1"),
            SearchFilter("visibility", _VISIBLE, "in"),
            *filters,
            page_size=size,
            page=page,
            sort_by="entity_id",
            direction="DESC",
            fields="items[sku],total_count",
        )
        data = self._fetch_json("products", criteria) or {}
        return [str(item["sku"]) for item in _get_list(data, "items")], int(
            data.get("total_count") or 0
        )

    def _read_children(self, products: Iterable[CatalogueProduct]) -> dict[int, CatalogueProduct]:
        """Return the children of the configurable products by their ids."""
        wanted = sorted({number for product in products for number in product.child_ids})
        children: dict[int, CatalogueProduct] = {}
        for start in range(0, min(len(wanted), _MAX_CHILDREN), _PAGE_SIZE):
            numbers = ",".join(map(str, wanted[start : start + _PAGE_SIZE]))
            ids = SearchFilter("entity_id", numbers, "in")
            criteria = build_search_criteria(ids, page_size=_PAGE_SIZE)
            items = _get_list(self._fetch_json("products", criteria) or {}, "items")
            children |= {child.id: child for child in map(CatalogueProduct.parse, items)}
        return children

    def _read_categories(self) -> Iterator[CatalogueCategory]:
        """Yield the categories below the root, level by level."""
        waiting = list(_get_list(self._fetch_json("categories") or {}, "children_data"))
        for _ in range(_MAX_CATEGORIES):
            if not waiting:
                return
            node = waiting.pop(0)
            children = _get_list(node, "children_data")
            waiting += children
            yield CatalogueCategory(
                id=int(node["id"]),
                name=str(node.get("name") or ""),
                is_active=bool(node.get("is_active")),
                product_count=int(node.get("product_count") or 0),
                child_count=len(children),
            )

    def _read_media_url(self) -> str:
        configs = self._fetch_json("store/storeConfigs")
        for config in configs if isinstance(configs, list) else []:
            if config.get("code") == self._store.code:
                return str(config.get("secure_base_media_url") or config.get("base_media_url"))
        return ""

    def _read_filterable_attributes(self) -> tuple[str, ...] | None:
        is_filterable = SearchFilter("is_filterable", "0", "gt")
        codes: list[str] = []
        for page in range(1, _MAX_ATTRIBUTES // _PAGE_SIZE + 1):
            criteria = build_search_criteria(
                is_filterable,
                page_size=_PAGE_SIZE,
                page=page,
                sort_by="attribute_code",
                fields="items[attribute_code],total_count",
            )
            data = self._fetch_json("products/attributes", criteria)
            if data is None:
                return None
            codes += [str(item["attribute_code"]) for item in _get_list(data, "items")]
            if page * _PAGE_SIZE >= int(data.get("total_count") or 0):
                break
        return tuple(codes)


def _get_list(item: dict[str, Any], name: str) -> list[Any]:
    """Return a list in JSON of Magento, empty if it is null or missing."""
    return item.get(name) or []

"""A sample of the shop's products, and its categories, read as an administrator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, model_validator

from handoff.doctor.shop_client import DoctorShopClient, read_json
from handoff.magento.search_criteria import SearchFilter, build_search_criteria
from handoff.settings.store_views import StoreView

_SPREAD = 4  # products are taken from four places of the catalogue
_CONFIGURABLES = 3
_MAX_CHILDREN = 100
_MAX_CATEGORIES = 500
# Visible in lists (2), in search (3) or in both (4).
_VISIBLE = "2,3,4"


class _MagentoModel(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _use_defaults(cls, data: Any) -> Any:
        """Remove null, and read [] as an empty object: that is what PHP makes of one."""
        if not isinstance(data, dict):
            return {} if data == [] else data
        return {name: value for name, value in data.items() if value is not None}


class _CustomAttribute(_MagentoModel):
    attribute_code: str = ""
    value: Any = None


class _CustomOption(_MagentoModel):
    is_require: bool = False


class _ConfigurableOption(_MagentoModel):
    label: str = ""


class _MediaEntry(_MagentoModel):
    file: str = ""
    disabled: bool = False


class _StockItem(_MagentoModel):
    is_in_stock: bool | None = None


class _ProductExtensions(_MagentoModel):
    website_ids: tuple[int, ...] | None = None
    stock_item: _StockItem = _StockItem()
    configurable_product_options: tuple[_ConfigurableOption, ...] = ()
    configurable_product_links: tuple[int, ...] = ()


class CatalogueProduct(_MagentoModel):
    """A product as Magento's REST describes it; `price` is None if the shop gives none."""

    id: int = 0
    sku: str = ""
    name: str = ""
    type_id: str = ""
    price: Decimal | None = None
    options: tuple[_CustomOption, ...] = ()
    media_gallery_entries: tuple[_MediaEntry, ...] = ()
    custom_attributes: tuple[_CustomAttribute, ...] = ()
    extension_attributes: _ProductExtensions = _ProductExtensions()

    @property
    def attributes(self) -> dict[str, Any]:
        """The custom attributes that have a value."""
        attributes = {each.attribute_code: each.value for each in self.custom_attributes}
        return {name: value for name, value in attributes.items() if value not in (None, "", [])}

    @property
    def description(self) -> str:
        """The description, or the short one."""
        attributes = self.attributes
        return str(attributes.get("description") or attributes.get("short_description") or "")

    @property
    def images(self) -> tuple[str, ...]:
        """The files of the pictures that are shown."""
        entries = self.media_gallery_entries
        return tuple(entry.file for entry in entries if entry.file and not entry.disabled)

    @property
    def is_in_stock(self) -> bool | None:
        """Whether the product can be bought, None if the shop does not say."""
        return self.extension_attributes.stock_item.is_in_stock

    @property
    def requires_options(self) -> bool:
        """Whether the shopper has to fill in an option such as an engraving."""
        return any(option.is_require for option in self.options)

    @property
    def option_labels(self) -> tuple[str, ...]:
        """The labels of a configurable product's options, such as size."""
        return tuple(each.label for each in self.extension_attributes.configurable_product_options)

    @property
    def child_ids(self) -> tuple[int, ...]:
        """The numbers of a configurable product's children."""
        return self.extension_attributes.configurable_product_links


class CatalogueCategory(_MagentoModel):
    """A category with the number of its products, and the categories below it."""

    id: int = 0
    name: str = ""
    is_active: bool = False
    product_count: int = 0
    children_data: tuple[CatalogueCategory, ...] = ()


class _ProductPage(_MagentoModel):
    items: tuple[CatalogueProduct, ...] = ()
    total_count: int = 0


@dataclass(frozen=True, slots=True)
class CatalogueSample:
    """Products and categories of a catalogue with `total` visible products.

    `filterable` are the codes of the attributes for filters, None if the shop does not give them.
    `denied` are the endpoints to which the administrator has no right.
    """

    products: tuple[CatalogueProduct, ...]
    children: dict[int, CatalogueProduct]
    categories: tuple[CatalogueCategory, ...]
    total: int
    media_url: str
    filterable: tuple[str, ...] | None
    denied: frozenset[str] = field(default=frozenset())


def read_catalogue_sample(
    shop: DoctorShopClient, store: StoreView, token: str, size: int
) -> CatalogueSample:
    """Read `size` products from several places of the catalogue, and some configurables."""
    return _SampleReader(shop, store, token).read(size)


class _SampleReader:
    def __init__(self, shop: DoctorShopClient, store: StoreView, token: str) -> None:
        self._shop = shop
        self._store = store
        self._token = token
        self._denied: set[str] = set()

    def read(self, size: int) -> CatalogueSample:
        skus, total = self._select_skus(size)
        details = [self._get(f"products/{quote(sku, safe='')}") for sku in dict.fromkeys(skus)]
        found = [CatalogueProduct.model_validate(row) for row in details if isinstance(row, dict)]
        products = tuple(product for product in found if self._is_sold_here(product))
        return CatalogueSample(
            products=products,
            children=self._read_children(products),
            categories=tuple(self._read_categories()),
            total=total,
            media_url=self._read_media_url(),
            filterable=self._read_filterable_attributes(),
            denied=frozenset(self._denied),
        )

    def _is_sold_here(self, product: CatalogueProduct) -> bool:
        """Whether the product is in the website of the store view, or names no website."""
        website_ids = product.extension_attributes.website_ids
        return website_ids is None or self._store.website_id in website_ids

    def _get(self, path: str, params: dict[str, str] | None = None) -> Any:
        response = self._shop.rest("GET", path, store=self._store, token=self._token, params=params)
        if response.status in (401, 403):
            self._denied.add(path.partition("/")[0])
        return read_json(response) if response.status == 200 else None

    def _select_skus(self, size: int) -> tuple[list[str], int]:
        """Return skus from the beginning, the end and between, and the number of all products."""
        first, total = self._find_skus(size, 1)
        if total <= size:
            return first, total
        per_page = max(1, size // _SPREAD)
        full_pages = total // per_page
        pages = {1 + n * (full_pages - 1) // max(1, _SPREAD - 1) for n in range(_SPREAD)}
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
        found = self._search_products(criteria)
        return [product.sku for product in found.items], found.total_count

    def _read_children(self, products: tuple[CatalogueProduct, ...]) -> dict[int, CatalogueProduct]:
        """Return the children of the configurable products by their numbers."""
        wanted = sorted({number for product in products for number in product.child_ids})
        if not wanted:
            return {}
        ids = SearchFilter("entity_id", ",".join(map(str, wanted[:_MAX_CHILDREN])), "in")
        found = self._search_products(build_search_criteria(ids, page_size=_MAX_CHILDREN))
        return {product.id: product for product in found.items}

    def _search_products(self, criteria: dict[str, str]) -> _ProductPage:
        data = self._get("products", criteria)
        return _ProductPage.model_validate(data if isinstance(data, dict) else {})

    def _read_categories(self) -> Iterator[CatalogueCategory]:
        """Give the categories below the root, level by level."""
        data = self._get("categories")
        root = CatalogueCategory.model_validate(data if isinstance(data, dict) else {})
        waiting, count = list(root.children_data), 0
        while waiting and count < _MAX_CATEGORIES:
            category = waiting.pop(0)
            waiting += category.children_data
            count += 1
            yield category

    def _read_media_url(self) -> str:
        configs = self._get("store/storeConfigs")
        for config in configs if isinstance(configs, list) else []:
            if config.get("code") == self._store.code:
                return str(config.get("secure_base_media_url") or config.get("base_media_url"))
        return ""

    def _read_filterable_attributes(self) -> tuple[str, ...] | None:
        is_filterable = SearchFilter("is_filterable", "0", "gt")
        fields = "items[attribute_code]"
        criteria = build_search_criteria(is_filterable, page_size=50, fields=fields)
        data = self._get("products/attributes", criteria)
        if not isinstance(data, dict):
            return None
        return tuple(str(row["attribute_code"]) for row in data.get("items") or [])

"""Products, stock, search and categories."""

from __future__ import annotations

from flask import Blueprint

from handoff_sandbox.catalogue import CATEGORY_ID, Product
from handoff_sandbox.errors import NoSuchEntity, ServerFault
from handoff_sandbox.rest.authorization import ANYONE
from handoff_sandbox.rest.catalogue_serializers import (
    serialize_category,
    serialize_category_tree,
    serialize_product,
    serialize_stock_item,
)
from handoff_sandbox.rest.demo_media import FILTERABLE_ATTRIBUTES, add_demo_content
from handoff_sandbox.rest.endpoint import endpoint
from handoff_sandbox.rest.search_criteria import SearchCriteria, read_search_criteria
from handoff_sandbox.shop import get_current_shop

blueprint = Blueprint("catalogue", __name__)

PRODUCTS = "Magento_Catalog::products"
CATEGORIES = "Magento_Catalog::categories"
ATTRIBUTES = "Magento_Catalog::attributes_attributes"
STOCK = "Magento_Catalog::catalog_inventory"


@blueprint.get("/products")
@endpoint(PRODUCTS)
def search_products() -> object:
    criteria = read_search_criteria()
    found = criteria.select(
        _serialize(product) for product in get_current_shop().catalogue.products
    )
    return {
        "items": criteria.select_page(found),
        "search_criteria": criteria.serialize(),
        "total_count": len(found),
    }


@blueprint.get("/products/attributes")
@endpoint(ATTRIBUTES, starts_session=False)
def search_attributes() -> object:
    criteria = read_search_criteria()
    codes = (
        FILTERABLE_ATTRIBUTES if get_current_shop().with_demo_content else FILTERABLE_ATTRIBUTES[:1]
    )
    found = criteria.select({"attribute_code": code, "is_filterable": 1} for code in codes)
    items = [{**row, "is_filterable": True} for row in criteria.select_page(found)]
    return {"items": items, "search_criteria": criteria.serialize(), "total_count": len(found)}


@blueprint.get("/products/<sku>")
@endpoint(PRODUCTS)
def show_product(sku: str) -> object:
    found = _require_product(sku)
    data = _serialize(found)
    extensions = data["extension_attributes"]
    if isinstance(extensions, dict):
        extensions["stock_item"] = serialize_stock_item(found)
    return data


@blueprint.get("/stockItems/<sku>")
@endpoint(STOCK)
def show_stock_item(sku: str) -> object:
    return serialize_stock_item(_require_product(sku))


@blueprint.get("/search")
@endpoint(ANYONE)
def search_storefront() -> object:
    criteria = read_search_criteria()
    if criteria.request_name != "quick_search_container":
        raise ServerFault
    found = _search_by_term(criteria)
    items = [
        {"id": product.id, "custom_attributes": [{"attribute_code": "_score", "value": 30}]}
        for product in criteria.select_page(found)
    ]
    return {
        "items": items,
        "aggregations": _serialize_aggregations(len(found)),
        "search_criteria": criteria.serialize(),
        "total_count": len(found),
    }


@blueprint.get("/categories")
@endpoint(CATEGORIES, starts_session=False)
def show_category_tree() -> object:
    return serialize_category_tree(len(_list_in_category()))


@blueprint.get("/categories/list")
@endpoint(CATEGORIES, starts_session=False)
def search_categories() -> object:
    criteria = read_search_criteria()
    rows = [serialize_category(2), serialize_category(CATEGORY_ID)]
    # The database keeps a flag as 1, and REST shows it as true.
    found = criteria.select({**row, "is_active": 1} for row in rows)
    items = [{**row, "is_active": True} for row in criteria.select_page(found)]
    return {"items": items, "search_criteria": criteria.serialize(), "total_count": len(found)}


@blueprint.get("/categories/<int:number>")
@endpoint(CATEGORIES, starts_session=False)
def show_category(number: int) -> object:
    if number not in (2, CATEGORY_ID):
        error = NoSuchEntity.build_for_id("id", number)
        error.starts_session = False
        raise error
    return serialize_category(number)


@blueprint.get("/categories/<int:number>/products")
@endpoint(CATEGORIES)
def list_category_products(number: int) -> object:
    return [
        {"sku": product.sku, "position": 0, "category_id": str(number)}
        for product in (_list_in_category() if number == CATEGORY_ID else [])
    ]


def _serialize(product: Product) -> dict[str, object]:
    data = serialize_product(product)
    return add_demo_content(data, product) if get_current_shop().with_demo_content else data


def _require_product(sku: str) -> Product:
    found = get_current_shop().catalogue.find_by_sku(sku)
    if found is None:
        raise NoSuchEntity.build_for_product(starts_session=False)
    return found


def _list_in_category() -> list[Product]:
    return get_current_shop().catalogue.list_enabled()


def _search_by_term(criteria: SearchCriteria) -> list[Product]:
    terms = [
        found.value for group in criteria.groups for found in group if found.field == "search_term"
    ]
    term = (terms[0] if terms else "").lower()
    return [
        product
        for product in _list_in_category()
        if term in f"{product.name} {product.sku}".lower()
    ]


def _serialize_aggregations(found: int) -> dict[str, object]:
    values = [{"value": str(n), "metrics": [n, found]} for n in (CATEGORY_ID, 2)]
    return {
        "buckets": [{"name": "category_bucket", "values": values}],
        "bucket_names": ["category_bucket"],
    }

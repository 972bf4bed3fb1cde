from __future__ import annotations

from flask import Blueprint

from handoff_sandbox.catalogue import CATEGORY_ID, Product
from handoff_sandbox.errors import InternalError, NotFound
from handoff_sandbox.rest.access import ANYONE
from handoff_sandbox.rest.catalogue_shapes import (
    category_shape,
    category_tree,
    product_shape,
    stock_shape,
)
from handoff_sandbox.rest.criteria import Criteria, criteria_of_request
from handoff_sandbox.rest.dressing import FILTERABLE, dress
from handoff_sandbox.rest.endpoint import endpoint
from handoff_sandbox.shop import current_shop

bp = Blueprint("catalogue", __name__)

PRODUCTS = "Magento_Catalog::products"
CATEGORIES = "Magento_Catalog::categories"
ATTRIBUTES = "Magento_Catalog::attributes_attributes"
STOCK = "Magento_Catalog::catalog_inventory"


@bp.get("/products")
@endpoint(PRODUCTS)
def products() -> object:
    criteria = criteria_of_request()
    found = criteria.select(_shape(one) for one in current_shop().catalogue.products)
    return {
        "items": criteria.cut(found),
        "search_criteria": criteria.shape(),
        "total_count": len(found),
    }


@bp.get("/products/attributes")
@endpoint(ATTRIBUTES, starts_session=False)
def attributes() -> object:
    criteria = criteria_of_request()
    codes = FILTERABLE if current_shop().dressed else FILTERABLE[:1]
    found = criteria.select({"attribute_code": code, "is_filterable": 1} for code in codes)
    items = [{**row, "is_filterable": True} for row in criteria.cut(found)]
    return {"items": items, "search_criteria": criteria.shape(), "total_count": len(found)}


@bp.get("/products/<sku>")
@endpoint(PRODUCTS)
def product(sku: str) -> object:
    found = _find(sku)
    shape = _shape(found)
    extensions = shape["extension_attributes"]
    if isinstance(extensions, dict):
        extensions["stock_item"] = stock_shape(found)
    return shape


@bp.get("/stockItems/<sku>")
@endpoint(STOCK)
def stock_item(sku: str) -> object:
    return stock_shape(_find(sku))


@bp.get("/search")
@endpoint(ANYONE)
def quick_search() -> object:
    criteria = criteria_of_request()
    if criteria.request_name != "quick_search_container":
        raise InternalError
    found = _matches(criteria)
    items = [
        {"id": one.id, "custom_attributes": [{"attribute_code": "_score", "value": 30}]}
        for one in criteria.cut(found)
    ]
    return {
        "items": items,
        "aggregations": _aggregations(len(found)),
        "search_criteria": criteria.shape(),
        "total_count": len(found),
    }


@bp.get("/categories")
@endpoint(CATEGORIES, starts_session=False)
def categories() -> object:
    return category_tree(len(_in_category()))


@bp.get("/categories/list")
@endpoint(CATEGORIES, starts_session=False)
def category_list() -> object:
    criteria = criteria_of_request()
    rows = [category_shape(2), category_shape(CATEGORY_ID)]
    # The database keeps a flag as 1 where REST shows true.
    found = criteria.select({**row, "is_active": 1} for row in rows)
    items = [{**row, "is_active": True} for row in criteria.cut(found)]
    return {"items": items, "search_criteria": criteria.shape(), "total_count": len(found)}


@bp.get("/categories/<int:number>")
@endpoint(CATEGORIES, starts_session=False)
def category(number: int) -> object:
    if number not in (2, CATEGORY_ID):
        error = NotFound.entity("id", number)
        error.starts_session = False
        raise error
    return category_shape(number)


@bp.get("/categories/<int:number>/products")
@endpoint(CATEGORIES)
def category_products(number: int) -> object:
    return [
        {"sku": one.sku, "position": 0, "category_id": str(number)}
        for one in (_in_category() if number == CATEGORY_ID else [])
    ]


def _shape(product: Product) -> dict[str, object]:
    shape = product_shape(product)
    return dress(shape, product) if current_shop().dressed else shape


def _find(sku: str) -> Product:
    found = current_shop().catalogue.by_sku(sku)
    if found is None:
        raise NotFound.product(starts_session=False)
    return found


def _in_category() -> list[Product]:
    return current_shop().catalogue.enabled()


def _matches(criteria: Criteria) -> list[Product]:
    terms = [one.value for group in criteria.groups for one in group if one.field == "search_term"]
    term = (terms[0] if terms else "").lower()
    return [one for one in _in_category() if term in f"{one.name} {one.sku}".lower()]


def _aggregations(found: int) -> dict[str, object]:
    values = [{"value": str(n), "metrics": [n, found]} for n in (CATEGORY_ID, 2)]
    return {
        "buckets": [{"name": "category_bucket", "values": values}],
        "bucket_names": ["category_bucket"],
    }

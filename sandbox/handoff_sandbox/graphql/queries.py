from __future__ import annotations

from collections.abc import Callable

from handoff_sandbox.catalogue import Product
from handoff_sandbox.graphql.carts import caller, cart_shape, find, own_quote, product_shape
from handoff_sandbox.graphql.refusals import refuse
from handoff_sandbox.shop import current_shop, current_view
from handoff_sandbox.tokens import LIFETIME

Shape = dict[str, object]


def cart(_root: object, _info: object, *, cart_id: str) -> Shape:
    return cart_shape(find(cart_id))


def customer_cart(_root: object, _info: object) -> Shape:
    customer = caller()
    if customer is None:
        raise refuse("authorization", "The request is allowed for logged in customer")
    return cart_shape(own_quote(current_shop(), customer))


def products(
    _root: object,
    _info: object,
    *,
    search: str = "",
    filter: dict[str, dict[str, object]] | None = None,
    pageSize: int,
    currentPage: int,
) -> Shape:
    """Search by name and sku; the newest of the equally good comes first."""
    term = search.lower()
    found = [
        one
        for one in current_shop().catalogue.saleable()
        if term in f"{one.name} {one.sku}".lower()
        and all(_passes(one, name, wanted) for name, wanted in (filter or {}).items())
    ]
    found.sort(key=lambda one: (one.sku[-2:].isdigit(), one.id), reverse=True)
    start = (currentPage - 1) * pageSize
    page = [product_shape(one) for one in found[start : start + pageSize]]
    return {"items": page, "total_count": len(found)}


def _passes(product: Product, name: str, wanted: dict[str, object]) -> bool:
    """Say whether a filter lets a product through: a configurable has its variants' keys, too."""
    held = {product.sku.lower()}
    if name == "url_key":
        held = {product.url_key, *(one.url_key for one in product.parts.values())}
    given = wanted.get("in")
    values = given if isinstance(given, list) else [wanted.get("eq")]
    return not held.isdisjoint(str(value).lower() for value in values)


def store_config(_root: object, _info: object) -> Shape:
    view, rules = current_view(), current_shop().rules
    return {
        "id": view.number,
        "store_code": view.code,
        "website_id": view.website.number,
        "website_code": view.website.code,
        "cart_expires_in_days": 30,
        "customer_access_token_lifetime": LIFETIME / 3600,
        "base_currency_code": view.website.currency.code,
        "default_display_currency_code": view.currency.code,
        "base_url": f"{view.url}/",
        "is_guest_checkout_enabled": rules.guest_checkout,
        "is_one_page_checkout_enabled": rules.one_page_checkout,
    }


RESOLVERS: dict[str, Callable[..., object]] = {
    "cart": cart,
    "customerCart": customer_cart,
    "products": products,
    "storeConfig": store_config,
}

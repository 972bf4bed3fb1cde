"""Resolvers of GraphQL queries."""

from __future__ import annotations

from collections.abc import Callable

from handoff_sandbox.access_tokens import LIFETIME
from handoff_sandbox.catalogue import Product
from handoff_sandbox.formats import JsonObject
from handoff_sandbox.graphql.cart_types import (
    find_or_create_quote,
    get_current_customer,
    require_own_quote,
    serialize_cart,
    serialize_product,
)
from handoff_sandbox.graphql.errors import build_error
from handoff_sandbox.shop import get_current_shop, get_current_view
from handoff_sandbox.store_views import ShopView

_URL_FIELDS = ("base_url", "secure_base_url", "base_link_url", "secure_base_link_url")


def resolve_cart(_root: object, _info: object, *, cart_id: str) -> JsonObject:
    """Return the quote with a masked id."""
    return serialize_cart(require_own_quote(cart_id))


def resolve_customer_cart(_root: object, _info: object) -> JsonObject:
    """Return the active quote of the customer who asks."""
    customer = get_current_customer()
    if customer is None:
        raise build_error("authorization", "The request is allowed for logged in customer")
    return serialize_cart(find_or_create_quote(get_current_shop(), customer))


def resolve_products(
    _root: object,
    _info: object,
    *,
    search: str = "",
    filter: dict[str, dict[str, object]] | None = None,
    pageSize: int,
    currentPage: int,
) -> JsonObject:
    """Search by name and sku. The newest of equally good products comes first."""
    term = search.lower()
    found = [
        product
        for product in get_current_shop().catalogue.list_saleable()
        if term in f"{product.name} {product.sku}".lower()
        and all(_is_filter_met(product, name, wanted) for name, wanted in (filter or {}).items())
    ]
    found.sort(key=lambda product: (product.sku[-2:].isdigit(), product.id), reverse=True)
    start = (currentPage - 1) * pageSize
    page = [serialize_product(product) for product in found[start : start + pageSize]]
    return {"items": page, "total_count": len(found)}


def _is_filter_met(product: Product, name: str, wanted: dict[str, object]) -> bool:
    """Return whether a product matches. The URL keys of its variants count as its own."""
    keys = {product.sku.lower()}
    if name == "url_key":
        keys = {product.url_key, *(variant.url_key for variant in product.parts.values())}
    given = wanted.get("in")
    values = given if isinstance(given, list) else [wanted.get("eq")]
    return not keys.isdisjoint(str(value).lower() for value in values)


def resolve_store_config(_root: object, _info: object) -> JsonObject:
    """Return the settings of the store view."""
    return _serialize_store_view(get_current_view())


def resolve_available_stores(
    _root: object, _info: object, *, useCurrentGroup: bool = False
) -> list[JsonObject]:
    """Return the settings of every store view of the website."""
    website = get_current_view().website
    views = [view for view in get_current_shop().views.all if view.website == website]
    return [_serialize_store_view(view) for view in views]


def _serialize_store_view(view: ShopView) -> JsonObject:
    rules = get_current_shop().rules
    return {
        "id": view.number,
        "store_code": view.code,
        "website_id": view.website.number,
        "website_code": view.website.code,
        "cart_expires_in_days": 30,
        "customer_access_token_lifetime": LIFETIME / 3600,
        "base_currency_code": view.website.currency.code,
        "default_display_currency_code": view.currency.code,
        "locale": {"de": "de_DE"}.get(view.language, "en_GB"),
        **dict.fromkeys(_URL_FIELDS, f"{view.url}/"),
        "is_guest_checkout_enabled": rules.guest_checkout,
        "is_one_page_checkout_enabled": rules.one_page_checkout,
    }


RESOLVERS: dict[str, Callable[..., object]] = {
    "availableStores": resolve_available_stores,
    "cart": resolve_cart,
    "customerCart": resolve_customer_cart,
    "products": resolve_products,
    "storeConfig": resolve_store_config,
}

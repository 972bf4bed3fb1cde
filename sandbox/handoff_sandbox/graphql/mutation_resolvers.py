"""Resolvers of GraphQL mutations."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from flask import g

from handoff_sandbox.access_tokens import CUSTOMER, TokenUser
from handoff_sandbox.catalogue import Product, ProductType
from handoff_sandbox.errors import Unauthorized
from handoff_sandbox.formats import JsonObject
from handoff_sandbox.graphql.cart_types import (
    find_or_create_quote,
    get_current_currency,
    get_current_customer,
    require_guest_quote,
    require_own_quote,
    serialize_cart,
)
from handoff_sandbox.graphql.errors import build_error
from handoff_sandbox.quotes import MASKED_ID_LENGTH, SandboxQuote
from handoff_sandbox.sale_validation import RefusalReason, SaleRefused, validate_sale
from handoff_sandbox.shop import get_current_shop, get_current_view


def create_empty_cart(_root: object, _info: object, *, input: JsonObject | None = None) -> str:
    """Return the masked id of the customer's quote, or of a new one for a guest.

    A guest may choose the masked id.
    """
    shop = get_current_shop()
    customer = get_current_customer()
    if customer is not None:
        return shop.quotes.ensure_masked_id(find_or_create_quote(shop, customer))
    return shop.quotes.ensure_masked_id(_create_guest_quote((input or {}).get("cart_id")))


def create_guest_cart(
    _root: object, _info: object, *, input: JsonObject | None = None
) -> JsonObject:
    """Create a guest's quote, whose masked id may be given."""
    if get_current_customer() is not None:
        raise build_error("already-exists", "Use `Query.customerCart` for logged in customer.")
    return {"cart": serialize_cart(_create_guest_quote((input or {}).get("cart_uid")))}


def add_products(
    _root: object, _info: object, *, cartId: str, cartItems: list[JsonObject]
) -> JsonObject:
    """Add every line that can be added. A refused line does not stop the others."""
    if not cartItems:
        raise build_error("input", 'Required parameter "cartItems" is missing')
    quote = require_own_quote(cartId)
    variants: dict[int, Product | None] = {}
    results = [_add_item(quote, item, variants) for item in cartItems]
    get_current_shop().quotes.apply_gift_rules(quote)
    errors = [error for error in results if error is not None]
    return {"cart": serialize_cart(quote), "user_errors": errors}


def merge_carts(
    _root: object, _info: object, *, source_cart_id: str, destination_cart_id: str | None = None
) -> JsonObject:
    """Merge a guest's quote into the customer's, and close it."""
    shop, customer = get_current_shop(), get_current_customer()
    if customer is None:
        raise build_error("authorization", "The current customer isn't authorized.")
    source = require_guest_quote(source_cart_id)
    target = require_own_quote(destination_cart_id) if destination_cart_id else None
    target = target or find_or_create_quote(shop, customer)
    shop.quotes.merge(target, source)
    return serialize_cart(target)


def generate_customer_token(
    _root: object, _info: object, *, email: str, password: str
) -> JsonObject:
    """Log a customer in and return the token."""
    shop = get_current_shop()
    try:
        customer = shop.accounts.authenticate_customer(email, password)
    except Unauthorized as error:
        raise build_error("authentication", error.message) from error
    g.logged_in = True
    return {"token": shop.tokens.issue(TokenUser(customer.id, CUSTOMER))}


def _create_guest_quote(wanted: object) -> SandboxQuote:
    quotes = get_current_shop().quotes
    if wanted is None:
        return quotes.create_for_guest(view=get_current_view(), currency=get_current_currency())
    masked_id = str(wanted)
    if len(masked_id) != MASKED_ID_LENGTH:
        raise build_error("input", "Cart ID length should to be 32 symbols.")
    if quotes.find_by_masked_id(masked_id) is not None:
        raise build_error("already-exists", f'Cart with ID "{masked_id}" already exists.')
    return quotes.create_for_guest(
        masked_id, view=get_current_view(), currency=get_current_currency()
    )


def _add_item(
    quote: SandboxQuote, item: JsonObject, variants: dict[int, Product | None]
) -> JsonObject | None:
    """Add an item, or return the error. `variants` are those chosen so far in this call.

    Up to Magento 2.4.7, a second variant of a product counts as the first.
    """
    shop = get_current_shop()
    sku, qty = str(item["sku"]), Decimal(str(item["quantity"]))
    product = shop.catalogue.find_by_sku(sku)
    variant = _find_variant(product, item) if product else None
    if product is not None and shop.version.mixes_up_variants:
        variant = variants.setdefault(product.id, variant)
    if qty <= 0:
        return _build_user_error(
            RefusalReason.UNDEFINED, "The product quantity should be greater than 0"
        )
    # Unlike REST, GraphQL accepts only the catalogue's spelling, and only products of the website.
    if product is None or not product.on_website or not _is_spelled_as_in_catalogue(sku, product):
        return _build_not_found_error(sku)
    try:
        validate_sale(quote, product, qty, variant)
    except SaleRefused as error:
        if error.reason is RefusalReason.PRODUCT_NOT_FOUND:
            return _build_not_found_error(sku)
        return _build_user_error(error.reason, error.message)
    shop.quotes.add_quantity(quote, product, qty, variant)
    return None


def _is_spelled_as_in_catalogue(sku: str, product: Product) -> bool:
    if get_current_shop().version.ignores_sku_case:
        return product.sku.lower() == sku.lower()
    return product.sku == sku


def _find_variant(product: Product, item: JsonObject) -> Product | None:
    chosen = item.get("selected_options")
    if product.type is not ProductType.CONFIGURABLE or not isinstance(chosen, list):
        return None
    return next((product.parts[uid] for uid in chosen if uid in product.parts), None)


def _build_not_found_error(sku: str) -> JsonObject:
    return _build_user_error(
        RefusalReason.PRODUCT_NOT_FOUND, f'Could not find a product with SKU "{sku}"'
    )


def _build_user_error(reason: RefusalReason, message: str) -> JsonObject:
    return {"code": reason.value, "message": message}


RESOLVERS: dict[str, Callable[..., object]] = {
    "createEmptyCart": create_empty_cart,
    "createGuestCart": create_guest_cart,
    "addProductsToCart": add_products,
    "mergeCarts": merge_carts,
    "generateCustomerToken": generate_customer_token,
}

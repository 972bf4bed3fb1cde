"""The GraphQL types of carts and products, and how callers find a cart."""

from __future__ import annotations

from base64 import b64encode
from decimal import Decimal

from flask import g, request
from graphql import GraphQLError

from handoff_sandbox.accounts import ShopCustomer
from handoff_sandbox.catalogue import Product, ProductType
from handoff_sandbox.checkout_rules import describe_line_error
from handoff_sandbox.formats import JsonObject
from handoff_sandbox.graphql.errors import build_error
from handoff_sandbox.quotes import QuoteLine, SandboxQuote
from handoff_sandbox.shop import SandboxShop, get_current_shop, get_current_view
from handoff_sandbox.store_views import Currency
from handoff_sandbox.totals import compute_totals


def get_current_customer() -> ShopCustomer | None:
    """Return the customer of the token. In GraphQL a bad token is a guest's."""
    customer = g.customer
    return customer if isinstance(customer, ShopCustomer) else None


def require_own_quote(masked_id: str) -> SandboxQuote:
    """Return the active quote with a masked id, or raise an error if it is not the caller's."""
    return _require_and_move_quote(masked_id, get_current_customer())


def require_guest_quote(masked_id: str) -> SandboxQuote:
    """Return the active quote with a masked id, or raise an error if it is not a guest's."""
    return _require_and_move_quote(masked_id, None)


def _require_and_move_quote(masked_id: str, customer: ShopCustomer | None) -> SandboxQuote:
    """Return the active quote with a masked id, or raise an error if it is somebody else's.

    Reading a quote is enough to move it to the store view and currency of the request.
    """
    quote = get_current_shop().quotes.find_by_masked_id(masked_id)
    if quote is None:
        raise build_error("no-such-entity", f'Could not find a cart with ID "{masked_id}"')
    if not quote.active:
        raise build_error("no-such-entity", "The cart isn't active.")
    view, currency = get_current_view(), get_current_currency()
    if quote.view.website != view.website:
        raise build_error("input", "Can't assign cart to store in different website.")
    if (quote.view, quote.currency) != (view, currency):
        get_current_shop().quotes.move_to_view(quote, view, currency)
    if quote.customer != customer:
        raise build_error(
            "authorization",
            f'The current user cannot perform operations on cart "{masked_id}"',
        )
    return quote


def find_or_create_quote(shop: SandboxShop, customer: ShopCustomer) -> SandboxQuote:
    """Return the customer's active quote in the website of the request."""
    view = get_current_view()
    quote = shop.quotes.find_active_of_customer(customer, view.website)
    return quote or shop.quotes.create_for_customer(customer, view=view)


def serialize_cart(quote: SandboxQuote) -> JsonObject:
    """Return the type Cart."""
    shop = get_current_shop()
    totals = compute_totals(quote)
    lines = [_serialize_line(line, quote.currency) for line in quote.visible_lines]

    def resolve_page(_info: object, *, pageSize: int, currentPage: int) -> JsonObject:
        if any(line.product.type is ProductType.BUNDLE for line in quote.visible_lines):
            # Magento 2.4.7 fails on bundles without chosen parts. The sandbox has no other bundles.
            raise GraphQLError("Internal server error")
        start = (currentPage - 1) * pageSize
        return {"items": lines[start : start + pageSize], "total_count": len(lines)}

    return {
        "id": shop.quotes.ensure_masked_id(quote),
        "email": quote.customer.email if quote.customer else quote.billing.email,
        "total_quantity": totals.qty,
        "items": lines,
        "itemsV2": resolve_page,
        "prices": {
            "grand_total": serialize_money(totals.grand_total, quote.currency),
            "subtotal_excluding_tax": serialize_money(totals.subtotal, quote.currency),
            "subtotal_with_discount_excluding_tax": serialize_money(
                totals.subtotal, quote.currency
            ),
        },
    }


def serialize_product(product: Product) -> JsonObject:
    """Return the type ProductInterface."""
    website, currency = get_current_view().website, get_current_currency()
    price = serialize_money(website.get_base_price(product) * website.get_rate(currency), currency)
    data: JsonObject = {
        "__typename": f"{product.type.value.title()}Product",
        "uid": b64encode(str(product.id).encode()).decode(),
        "sku": product.sku,
        "name": product.name,
        "url_key": product.url_key,
        "url_rewrites": _list_urls(product),
        "stock_status": "IN_STOCK" if product.is_in_stock else "OUT_OF_STOCK",
        "price_range": {"minimum_price": {"final_price": price, "regular_price": price}},
    }
    if product.type is ProductType.DOWNLOADABLE:
        data["links_purchased_separately"] = int(product.needs_choice)
    elif product.type is ProductType.CONFIGURABLE:
        data["variants"] = [
            {"product": serialize_product(variant), "attributes": [{"uid": uid}]}
            for uid, variant in product.parts.items()
        ]
    elif product.needs_choice and product.type is ProductType.SIMPLE:
        data["options"] = [{"required": True}]
    return data


def serialize_money(value: Decimal, currency: Currency) -> JsonObject:
    """Return the type Money."""
    return {"value": value, "currency": currency.code}


def get_current_currency() -> Currency:
    """Return the currency of the request if the website allows it, else that of the store view."""
    view = get_current_view()
    return view.website.find_currency(request.headers.get("Content-Currency")) or view.currency


def _list_urls(product: Product) -> list[JsonObject]:
    """Return the pages of a product. One without a page of its own has none."""
    if not product.has_page:
        return []
    return [{"url": f"{product.url_key}.html"}, {"url": f"lab-items/{product.url_key}.html"}]


def _serialize_line(line: QuoteLine, currency: Currency) -> JsonObject:
    error = describe_line_error(line)
    return {
        "__typename": f"{line.product.type.value.title()}CartItem",
        "configured_variant": serialize_product(line.variant) if line.variant else None,
        "configurable_options": [
            {"configurable_product_option_value_uid": uid}
            for uid, variant in line.product.parts.items()
            if variant is line.variant
        ],
        "uid": b64encode(str(line.number).encode()).decode(),
        "quantity": line.qty,
        "product": serialize_product(line.product),
        "errors": [{"code": "ITEM_QTY", "message": error}] if error else None,
        "prices": {
            "price": serialize_money(line.price, currency),
            "row_total": serialize_money(line.row_total, currency),
            "row_total_including_tax": serialize_money(line.row_total, currency),
            "total_item_discount": serialize_money(Decimal(0), currency),
        },
    }

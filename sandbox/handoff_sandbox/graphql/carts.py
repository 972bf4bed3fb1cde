"""Carts as GraphQL finds and shows them."""

from __future__ import annotations

from base64 import b64encode
from decimal import Decimal

from flask import g, request
from graphql import GraphQLError

from handoff_sandbox.catalogue import Kind, Product
from handoff_sandbox.graphql.refusals import refuse
from handoff_sandbox.people import Customer
from handoff_sandbox.quotes import Line, Quote
from handoff_sandbox.rules import trouble_of
from handoff_sandbox.scopes import Currency
from handoff_sandbox.shop import Shop, current_shop, current_view
from handoff_sandbox.totals import totals_of

Shape = dict[str, object]


def caller() -> Customer | None:
    """Give the customer of the token; a bad token is, in GraphQL, a guest."""
    customer = g.customer
    return customer if isinstance(customer, Customer) else None


def find(masked_id: str) -> Quote:
    """Give the active quote with that id, or refuse: only its owner may use it.

    A look is enough to take it to the store view and the currency that are asked for.
    """
    quote = current_shop().quotes.by_masked_id(masked_id)
    if quote is None:
        raise refuse("no-such-entity", f'Could not find a cart with ID "{masked_id}"')
    if not quote.active:
        raise refuse("no-such-entity", "The cart isn't active.")
    view, currency = current_view(), current_currency()
    if quote.view.website != view.website:
        raise refuse("input", "Can't assign cart to store in different website.")
    if (quote.view, quote.currency) != (view, currency):
        current_shop().quotes.move(quote, view, currency)
    if quote.customer != caller():
        raise refuse(
            "authorization",
            f'The current user cannot perform operations on cart "{masked_id}"',
        )
    return quote


def own_quote(shop: Shop, customer: Customer) -> Quote:
    view = current_view()
    theirs = shop.quotes.active_of(customer, view.website)
    return theirs or shop.quotes.create_for_customer(customer, view=view)


def cart_shape(quote: Quote) -> Shape:
    shop = current_shop()
    totals = totals_of(quote)
    lines = [_line(line, quote.currency) for line in quote.visible_lines()]

    def page(_info: object, *, pageSize: int, currentPage: int) -> Shape:
        if any(line.product.kind is Kind.BUNDLE for line in quote.visible_lines()):
            # Magento 2.4.7 fails on bundles whose parts nobody chose, and there are no others.
            raise GraphQLError("Internal server error")
        start = (currentPage - 1) * pageSize
        return {"items": lines[start : start + pageSize], "total_count": len(lines)}

    return {
        "id": shop.quotes.mask(quote),
        "email": quote.customer.email if quote.customer else quote.billing.email,
        "total_quantity": totals.qty,
        "items": lines,
        "itemsV2": page,
        "prices": {
            "grand_total": money(totals.grand_total, quote.currency),
            "subtotal_excluding_tax": money(totals.subtotal, quote.currency),
        },
    }


def product_shape(product: Product) -> Shape:
    website, currency = current_view().website, current_currency()
    price = money(website.base_price(product) * website.rate(currency), currency)
    shape: Shape = {
        "__typename": f"{product.kind.value.title()}Product",
        "sku": product.sku,
        "name": product.name,
        "url_key": product.url_key,
        "url_rewrites": _addresses(product),
        "stock_status": "IN_STOCK" if product.in_stock else "OUT_OF_STOCK",
        "price_range": {"minimum_price": {"final_price": price, "regular_price": price}},
    }
    if product.kind is Kind.DOWNLOADABLE:
        shape["links_purchased_separately"] = int(product.needs_choice)
    elif product.kind is Kind.CONFIGURABLE:
        shape["variants"] = [
            {"product": product_shape(variant), "attributes": [{"uid": uid}]}
            for uid, variant in product.parts.items()
        ]
    elif product.needs_choice and product.kind is Kind.SIMPLE:
        shape["options"] = [{"required": True}]
    return shape


def money(value: Decimal, currency: Currency) -> Shape:
    return {"value": value, "currency": currency.code}


def current_currency() -> Currency:
    """Give the currency that the request asks for, where the website has it."""
    view = current_view()
    return view.website.allowed(request.headers.get("Content-Currency")) or view.currency


def _addresses(product: Product) -> list[Shape]:
    """Give the pages of a product; one that is shown nowhere by itself has none."""
    if not product.has_page:
        return []
    return [{"url": f"{product.url_key}.html"}, {"url": f"lab-items/{product.url_key}.html"}]


def _line(line: Line, currency: Currency) -> Shape:
    trouble = trouble_of(line)
    return {
        "__typename": f"{line.product.kind.value.title()}CartItem",
        "configured_variant": product_shape(line.variant) if line.variant else None,
        "uid": b64encode(str(line.number).encode()).decode(),
        "quantity": line.qty,
        "product": product_shape(line.product),
        "errors": [{"code": "ITEM_QTY", "message": trouble}] if trouble else None,
        "prices": {
            "price": money(line.price, currency),
            "row_total": money(line.row_total, currency),
            "row_total_including_tax": money(line.row_total, currency),
            "total_item_discount": money(Decimal(0), currency),
        },
    }

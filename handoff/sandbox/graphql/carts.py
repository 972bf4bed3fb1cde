"""Carts as GraphQL finds and shows them."""

from __future__ import annotations

from base64 import b64encode
from decimal import Decimal

from flask import g

from handoff.sandbox.catalogue import Product
from handoff.sandbox.graphql.refusals import refuse
from handoff.sandbox.people import Customer
from handoff.sandbox.quotes import Line, Quote
from handoff.sandbox.rules import trouble_of
from handoff.sandbox.shop import Shop, current_shop
from handoff.sandbox.totals import totals_of

Shape = dict[str, object]


def caller() -> Customer | None:
    """Give the customer of the token; a bad token is, in GraphQL, a guest."""
    customer = g.customer
    return customer if isinstance(customer, Customer) else None


def find(masked_id: str) -> Quote:
    """Give the active quote with that id, or refuse: only its owner may use it."""
    quote = current_shop().quotes.by_masked_id(masked_id)
    if quote is None:
        raise refuse("no-such-entity", f'Could not find a cart with ID "{masked_id}"')
    if not quote.active:
        raise refuse("no-such-entity", "The cart isn't active.")
    if quote.customer != caller():
        raise refuse(
            "authorization",
            f'The current user cannot perform operations on cart "{masked_id}"',
        )
    return quote


def own_quote(shop: Shop, customer: Customer) -> Quote:
    return shop.quotes.active_of(customer) or shop.quotes.create_for_customer(customer)


def cart_shape(quote: Quote) -> Shape:
    shop = current_shop()
    totals = totals_of(quote)
    lines = [_line(line) for line in quote.visible_lines()]

    def page(_info: object, *, pageSize: int, currentPage: int) -> Shape:
        start = (currentPage - 1) * pageSize
        return {"items": lines[start : start + pageSize], "total_count": len(lines)}

    return {
        "id": shop.quotes.mask(quote),
        "email": quote.customer.email if quote.customer else quote.billing.email,
        "total_quantity": totals.qty,
        "items": lines,
        "itemsV2": page,
        "prices": {
            "grand_total": money(totals.grand_total),
            "subtotal_excluding_tax": money(totals.subtotal),
        },
    }


def product_shape(product: Product) -> Shape:
    price = money(product.price)
    return {
        "sku": product.sku,
        "name": product.name,
        "stock_status": "IN_STOCK" if product.in_stock else "OUT_OF_STOCK",
        "price_range": {"minimum_price": {"final_price": price, "regular_price": price}},
    }


def money(value: Decimal) -> Shape:
    return {"value": value, "currency": current_shop().currency.code}


def _line(line: Line) -> Shape:
    trouble = trouble_of(line)
    return {
        "uid": b64encode(str(line.number).encode()).decode(),
        "quantity": line.qty,
        "product": product_shape(line.product),
        "errors": [{"code": "ITEM_QTY", "message": trouble}] if trouble else None,
        "prices": {"price": money(line.product.price), "row_total": money(line.row_total)},
    }

"""The calls that a guest's and a customer's cart have in common."""

from __future__ import annotations

from flask import request

from handoff_sandbox.addresses import Address
from handoff_sandbox.catalogue import Kind
from handoff_sandbox.errors import NotFound
from handoff_sandbox.quotes import Quote
from handoff_sandbox.rest.body import json_body, quantity, required_object
from handoff_sandbox.rest.shapes import line_shape
from handoff_sandbox.rest.totals_shape import totals_shape
from handoff_sandbox.selling import check_quantity, check_sale
from handoff_sandbox.shop import current_shop
from handoff_sandbox.totals import FLAT_RATE, flat_rate

LINK_ID = 2
PAYMENT_METHODS = [{"code": "checkmo", "title": "Check / Money order"}]


def add_item(quote: Quote, item: dict[str, object]) -> object:
    """Add one line; the quote_id that the body names is ignored, as in Magento."""
    shop = current_shop()
    shop.quotes.require_active(quote)
    qty = quantity(item)
    product = shop.catalogue.by_sku(str(item.get("sku", "")))
    if product is None:
        raise NotFound.product()
    check_sale(quote, product, qty)
    shape = line_shape(shop.quotes.put(quote, product, qty), str(quote.number))
    if product.kind is Kind.DOWNLOADABLE:
        links = {"downloadable_option": {"downloadable_links": [LINK_ID]}}
        shape["product_option"] = {"extension_attributes": links}
    return shape


def change_item(quote: Quote, number: int, item: dict[str, object]) -> object:
    shop = current_shop()
    shop.quotes.require_active(quote)
    qty = quantity(item)
    line = quote.line(number)
    if line is None:
        raise _no_such_line(quote, number)
    check_quantity(line.variant or line.product, qty)
    line.qty = qty
    shop.quotes.touch(quote)
    return line_shape(line, str(quote.number))


def remove_item(quote: Quote, number: int) -> object:
    shop = current_shop()
    shop.quotes.require_active(quote)
    line = quote.line(number)
    if line is None:
        raise _no_such_line(quote, number)
    quote.lines.remove(line)
    shop.quotes.touch(quote)
    return True


def items(quote: Quote, shown_id: str) -> object:
    current_shop().quotes.require_active(quote)
    return [line_shape(line, shown_id) for line in quote.visible_lines()]


def totals(quote: Quote) -> object:
    current_shop().quotes.require_active(quote)
    return totals_shape(quote)


def shipping_methods(quote: Quote) -> object:
    current_shop().quotes.require_active(quote)
    price = flat_rate(quote)
    return [
        {
            "carrier_code": "flatrate",
            "method_code": "flatrate",
            "carrier_title": "Flat Rate",
            "method_title": "Fixed",
            "amount": price,
            "base_amount": price,
            "available": True,
            "error_message": "",
            "price_excl_tax": price,
            "price_incl_tax": price,
        }
    ]


def set_shipping(quote: Quote) -> object:
    shop = current_shop()
    given = required_object(json_body(), "addressInformation", "address_information")
    shop.quotes.require_active(quote)
    quote.shipping = _address(given, quote.shipping.id, "shipping_address", "shippingAddress")
    if given.get("billing_address") or given.get("billingAddress"):
        quote.billing = _address(given, quote.billing.id, "billing_address", "billingAddress")
    quote.ships_by = FLAT_RATE
    shop.quotes.touch(quote)
    return {
        "payment_methods": PAYMENT_METHODS,
        "totals": totals_shape(quote),
    }


def pay(quote: Quote, body: dict[str, object], email: str) -> object:
    """Place the order and give its number; email is a guest's or the customer's own."""
    shop = current_shop()
    shop.quotes.require_active(quote)
    shop.orders.check(quote)
    billing = quote.billing
    if body.get("billing_address") or body.get("billingAddress"):
        billing = _address(body, shop.quotes.next_address(), "billing_address", "billingAddress")
    order = shop.orders.place(
        quote, email=email, billing=billing, remote_ip=request.remote_addr or ""
    )
    return order.entity_id


def _address(body: dict[str, object], number: int, *names: str) -> Address:
    return Address.from_body(number, required_object(body, *names))


def _no_such_line(quote: Quote, number: int) -> NotFound:
    return NotFound("The %1 Cart doesn't contain the %2 item.", [str(quote.number), number])

"""The operations that guests' and customers' carts have in common."""

from __future__ import annotations

from flask import request

from handoff_sandbox.catalogue import ProductType
from handoff_sandbox.errors import NoSuchEntity
from handoff_sandbox.postal_address import PostalAddress
from handoff_sandbox.quotes import SandboxQuote
from handoff_sandbox.rest.quote_serializers import serialize_line
from handoff_sandbox.rest.request_body import (
    read_json_body,
    require_object,
    require_quantity,
)
from handoff_sandbox.rest.totals_serializer import serialize_totals
from handoff_sandbox.sale_validation import validate_quantity, validate_sale
from handoff_sandbox.shop import get_current_shop
from handoff_sandbox.totals import FLAT_RATE, compute_flat_rate

LINK_ID = 2
PAYMENT_METHODS = [{"code": "checkmo", "title": "Check / Money order"}]


def add_item(quote: SandboxQuote, item: dict[str, object]) -> object:
    """Add a line. As in Magento, the quote_id of the body is ignored."""
    shop = get_current_shop()
    shop.quotes.require_active(quote)
    qty = require_quantity(item)
    product = shop.catalogue.find_by_sku(str(item.get("sku", "")))
    if product is None:
        raise NoSuchEntity.build_for_product()
    validate_sale(quote, product, qty)
    data = serialize_line(shop.quotes.add_product(quote, product, qty), str(quote.number))
    if product.type is ProductType.DOWNLOADABLE:
        links = {"downloadable_option": {"downloadable_links": [LINK_ID]}}
        data["product_option"] = {"extension_attributes": links}
    return data


def change_item(quote: SandboxQuote, number: int, item: dict[str, object]) -> object:
    """Set the quantity of a line."""
    shop = get_current_shop()
    shop.quotes.require_active(quote)
    qty = require_quantity(item)
    line = quote.find_line(number)
    if line is None:
        raise _build_no_such_line_error(quote, number)
    validate_quantity(line.goods, qty)
    line.qty = qty
    shop.quotes.apply_gift_rules(quote)
    return serialize_line(line, str(quote.number))


def remove_item(quote: SandboxQuote, number: int) -> object:
    """Remove a line."""
    shop = get_current_shop()
    shop.quotes.require_active(quote)
    line = quote.find_line(number)
    if line is None:
        raise _build_no_such_line_error(quote, number)
    quote.lines.remove(line)
    shop.quotes.apply_gift_rules(quote)
    return True


def list_items(quote: SandboxQuote, shown_id: str) -> object:
    """Return the visible lines. `shown_id` is the id that the caller knows."""
    get_current_shop().quotes.require_active(quote)
    return [serialize_line(line, shown_id) for line in quote.visible_lines]


def show_totals(quote: SandboxQuote) -> object:
    """Return the totals."""
    get_current_shop().quotes.require_active(quote)
    return serialize_totals(quote)


def list_shipping_methods(quote: SandboxQuote) -> object:
    """Return the one shipping method and its price."""
    get_current_shop().quotes.require_active(quote)
    price = compute_flat_rate(quote)
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


def set_shipping(quote: SandboxQuote) -> object:
    """Set the shipping address and method."""
    shop = get_current_shop()
    given = require_object(read_json_body(), "addressInformation", "address_information")
    shop.quotes.require_active(quote)
    quote.shipping = _read_address(given, quote.shipping.id, "shipping_address", "shippingAddress")
    if given.get("billing_address") or given.get("billingAddress"):
        quote.billing = _read_address(given, quote.billing.id, "billing_address", "billingAddress")
    quote.shipping_method = FLAT_RATE
    shop.quotes.apply_gift_rules(quote)
    return {
        "payment_methods": PAYMENT_METHODS,
        "totals": serialize_totals(quote),
    }


def place_order(quote: SandboxQuote, body: dict[str, object], email: str) -> object:
    """Place the order and return its number. `email` is the guest's or the customer's."""
    shop = get_current_shop()
    shop.quotes.require_active(quote)
    shop.orders.require_buyable(quote)
    billing = quote.billing
    if body.get("billing_address") or body.get("billingAddress"):
        billing = _read_address(
            body, shop.quotes.generate_address_number(), "billing_address", "billingAddress"
        )
    order = shop.orders.place_order(
        quote, email=email, billing=billing, remote_ip=request.remote_addr or ""
    )
    return order.entity_id


def _read_address(body: dict[str, object], number: int, *names: str) -> PostalAddress:
    return PostalAddress.from_body(number, require_object(body, *names))


def _build_no_such_line_error(quote: SandboxQuote, number: int) -> NoSuchEntity:
    return NoSuchEntity("The %1 Cart doesn't contain the %2 item.", [str(quote.number), number])

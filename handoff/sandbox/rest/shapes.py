"""Quotes and their totals as REST shows them."""

from __future__ import annotations

from handoff.sandbox.addresses import Address
from handoff.sandbox.catalogue import OPENED_AT
from handoff.sandbox.people import Customer
from handoff.sandbox.quotes import Line, Quote

Shape = dict[str, object]


def line_shape(line: Line, quote_id: str) -> Shape:
    return {
        "item_id": line.number,
        "sku": line.product.sku,
        "qty": line.qty,
        "name": line.product.name,
        "price": line.product.price,
        "product_type": "simple",
        "quote_id": quote_id,
    }


def quote_shape(quote: Quote, currency: str) -> Shape:
    """Give the quote; once ordered it shows neither its items nor where they went."""
    items = [line_shape(line, str(quote.number)) for line in quote.visible_lines()]
    shape: Shape = {
        "id": quote.number,
        "created_at": quote.created_at,
        "updated_at": quote.updated_at,
        "is_active": quote.active,
        "is_virtual": False,
    }
    if quote.active:
        shape["items"] = items
    shape |= {
        "items_count": len(quote.lines),
        "items_qty": quote.total_qty(),
        "customer": quote_customer_shape(quote.customer),
        "billing_address": address_shape(quote.billing, quote.customer, same_as_billing=0),
    }
    if quote.reserved_order_id is not None:
        shape["reserved_order_id"] = quote.reserved_order_id
    shape |= {
        "orig_order_id": 0,
        "currency": currency_shape(currency),
        "customer_is_guest": quote.customer is None,
        "customer_note_notify": True,
        "customer_tax_class_id": 3,
        "store_id": 1,
    }
    if quote.active:
        assignments = [shipping_shape(quote, items)] if items else []
        shape["extension_attributes"] = {"shipping_assignments": assignments}
    return shape


def shipping_shape(quote: Quote, items: list[Shape]) -> Shape:
    return {
        "shipping": {
            "address": address_shape(quote.shipping, quote.customer, same_as_billing=1),
            "method": quote.ships_by,
        },
        "items": items,
    }


def address_shape(address: Address, customer: Customer | None, *, same_as_billing: int) -> Shape:
    shape: Shape = {
        "id": address.id,
        "region": address.region,
        "region_id": None,
        "region_code": address.region,
        "country_id": address.country_id,
        "street": list(address.street),
        "telephone": address.telephone,
        "postcode": address.postcode,
        "city": address.city,
        "firstname": address.firstname,
        "lastname": address.lastname,
    }
    if customer is not None:
        shape["customer_id"] = customer.id
    return shape | {
        "email": address.email,
        "same_as_billing": same_as_billing,
        "save_in_address_book": 0,
    }


def currency_shape(code: str) -> Shape:
    return {
        "global_currency_code": code,
        "base_currency_code": code,
        "store_currency_code": code,
        "quote_currency_code": code,
        "store_to_base_rate": 0,
        "store_to_quote_rate": 0,
        "base_to_global_rate": 1,
        "base_to_quote_rate": 1,
    }


def quote_customer_shape(customer: Customer | None) -> Shape:
    if customer is None:
        return {"email": None, "firstname": None, "lastname": None}
    return customer_shape(customer)


def customer_shape(customer: Customer) -> Shape:
    return {
        "id": customer.id,
        "group_id": customer.group_id,
        "created_at": OPENED_AT,
        "updated_at": OPENED_AT,
        "created_in": "Default Store View",
        "email": customer.email,
        "firstname": customer.firstname,
        "lastname": customer.lastname,
        "store_id": 1,
        "website_id": 1,
        "addresses": [],
        "disable_auto_group_change": 0,
        "extension_attributes": {"is_subscribed": False},
    }

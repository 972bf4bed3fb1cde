"""Quotes and their totals as REST shows them."""

from __future__ import annotations

from handoff_sandbox.addresses import Address
from handoff_sandbox.catalogue import OPENED_AT
from handoff_sandbox.people import Customer
from handoff_sandbox.quotes import Line, Quote
from handoff_sandbox.scopes import Currency, View

Shape = dict[str, object]

_CREATED_IN = {
    1: "Default Store View",
    2: "Euro",
    3: "Deutschland",
    4: "Europe in pounds",
}


def line_shape(line: Line, quote_id: str) -> Shape:
    return {
        "item_id": line.number,
        "sku": line.sku,
        "qty": line.qty,
        "name": line.product.name,
        "price": line.base_price,
        "product_type": line.kind.value,
        "quote_id": quote_id,
    }


def quote_shape(quote: Quote, *, asked_in: View | None, default: View) -> Shape:
    """Give the quote; once ordered it shows neither its items nor where they went.

    Where a store view's code is in the path, that view is answered as the quote's own.
    """
    items = [line_shape(line, str(quote.number)) for line in quote.visible_lines()]
    shape: Shape = {
        "id": quote.number,
        "created_at": quote.created_at,
        "updated_at": quote.updated_at,
        "is_active": quote.active,
        "is_virtual": quote.is_virtual,
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
        "currency": currency_shape(quote, default.website.currency),
        "customer_is_guest": quote.customer is None,
        "customer_note_notify": True,
        "customer_tax_class_id": 3,
        "store_id": (asked_in or quote.view).number,
    }
    if quote.active:
        assignments = [shipping_shape(quote, items)] if items and not quote.is_virtual else []
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


def currency_shape(quote: Quote, overall: Currency) -> Shape:
    website = quote.view.website
    return {
        "global_currency_code": overall.code,
        "base_currency_code": website.currency.code,
        "store_currency_code": website.currency.code,
        "quote_currency_code": quote.currency.code,
        "store_to_base_rate": 0,
        "store_to_quote_rate": 0,
        "base_to_global_rate": website.rate(overall),
        "base_to_quote_rate": quote.rate,
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
        "created_in": _CREATED_IN[customer.store],
        "email": customer.email,
        "firstname": customer.firstname,
        "lastname": customer.lastname,
        "store_id": customer.store,
        "website_id": customer.website,
        "addresses": [],
        "disable_auto_group_change": 0,
        "extension_attributes": {"is_subscribed": False},
    }

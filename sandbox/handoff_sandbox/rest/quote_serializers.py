"""Quotes and customers as REST shows them."""

from __future__ import annotations

from handoff_sandbox.accounts import ShopCustomer
from handoff_sandbox.catalogue import CREATED_AT
from handoff_sandbox.formats import JsonObject
from handoff_sandbox.postal_address import PostalAddress
from handoff_sandbox.quotes import QuoteLine, SandboxQuote
from handoff_sandbox.store_views import Currency, ShopView

_CREATED_IN = {
    1: "Default Store View",
    2: "Euro",
    3: "Deutschland",
    4: "Europe in pounds",
}


def serialize_line(line: QuoteLine, quote_id: str) -> JsonObject:
    """Return a line of a quote."""
    return {
        "item_id": line.number,
        "sku": line.sku,
        "qty": line.qty,
        "name": line.product.name,
        "price": line.base_price,
        "product_type": line.type.value,
        "quote_id": quote_id,
    }


def serialize_quote(
    quote: SandboxQuote, *, path_view: ShopView | None, default: ShopView
) -> JsonObject:
    """Return a quote as REST shows it. An ordered quote shows neither items nor shipping.

    If the path of the request names a store view, that one is shown as the quote's.
    """
    items = [serialize_line(line, str(quote.number)) for line in quote.visible_lines]
    data: JsonObject = {
        "id": quote.number,
        "created_at": quote.created_at,
        "updated_at": quote.updated_at,
        "is_active": quote.active,
        "is_virtual": quote.is_virtual,
    }
    if quote.active:
        data["items"] = items
    data |= {
        "items_count": len(quote.lines),
        "items_qty": quote.total_qty,
        "customer": serialize_quote_customer(None if quote.is_customer_deleted else quote.customer),
        "billing_address": serialize_address(quote.billing, quote.customer, same_as_billing=0),
    }
    if quote.reserved_order_id is not None:
        data["reserved_order_id"] = quote.reserved_order_id
    data |= {
        "orig_order_id": 0,
        "currency": serialize_currency(quote, default.website.currency),
        "customer_is_guest": quote.customer is None,
        "customer_note_notify": True,
        "customer_tax_class_id": 3,
        "store_id": (path_view or quote.view).number,
    }
    if quote.active:
        assignments = (
            [serialize_shipping_assignment(quote, items)] if items and not quote.is_virtual else []
        )
        data["extension_attributes"] = {"shipping_assignments": assignments}
    return data


def serialize_shipping_assignment(quote: SandboxQuote, items: list[JsonObject]) -> JsonObject:
    """Return the shipping address, the method and the items."""
    return {
        "shipping": {
            "address": serialize_address(quote.shipping, quote.customer, same_as_billing=1),
            "method": quote.shipping_method,
        },
        "items": items,
    }


def serialize_address(
    address: PostalAddress, customer: ShopCustomer | None, *, same_as_billing: int
) -> JsonObject:
    """Return an address of a quote."""
    data: JsonObject = {
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
        data["customer_id"] = customer.id
    return data | {
        "email": address.email,
        "same_as_billing": same_as_billing,
        "save_in_address_book": 0,
    }


def serialize_currency(quote: SandboxQuote, overall: Currency) -> JsonObject:
    """Return the currencies of a quote."""
    website = quote.view.website
    return {
        "global_currency_code": overall.code,
        "base_currency_code": website.currency.code,
        "store_currency_code": website.currency.code,
        "quote_currency_code": quote.currency.code,
        "store_to_base_rate": 0,
        "store_to_quote_rate": 0,
        "base_to_global_rate": website.get_rate(overall),
        "base_to_quote_rate": quote.rate,
    }


def serialize_quote_customer(customer: ShopCustomer | None) -> JsonObject:
    """Return the customer of a quote, without values for a guest."""
    if customer is None:
        return {"email": None, "firstname": None, "lastname": None}
    return serialize_customer(customer)


def serialize_customer(customer: ShopCustomer) -> JsonObject:
    """Return a customer with the addresses."""
    return {
        "id": customer.id,
        "group_id": customer.group_id,
        "created_at": CREATED_AT,
        "updated_at": CREATED_AT,
        "created_in": _CREATED_IN[customer.store],
        "email": customer.email,
        "firstname": customer.firstname,
        "lastname": customer.lastname,
        "store_id": customer.store,
        "website_id": customer.website,
        "addresses": customer.addresses,
        "disable_auto_group_change": 0,
        "extension_attributes": {"is_subscribed": False},
    }

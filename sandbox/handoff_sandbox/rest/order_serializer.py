"""Orders as REST shows them. There is no tax and no discount, so many amounts are zero."""

from __future__ import annotations

from decimal import Decimal

from handoff_sandbox.formats import JsonObject
from handoff_sandbox.orders import OrderItem, SandboxOrder
from handoff_sandbox.postal_address import PostalAddress

_ZERO_AMOUNTS = (
    "amount_refunded",
    "discount_amount",
    "discount_invoiced",
    "discount_tax_compensation_amount",
    "row_invoiced",
    "tax_amount",
    "tax_invoiced",
)


def serialize_order(order: SandboxOrder, global_currency: str) -> JsonObject:
    """Return an order as REST shows it."""
    view, currency = order.quote.view, order.quote.currency.code
    base = view.website.currency.code
    items = [_serialize_item(item, order) for item in order.items]
    return {
        **_serialize_amounts(order),
        **_serialize_customer(order),
        **dict.fromkeys(("store_to_base_rate", "store_to_order_rate"), 0),
        "base_currency_code": base,
        "base_to_global_rate": 1,
        "base_to_order_rate": order.quote.rate,
        "billing_address_id": 2 * order.entity_id,
        "created_at": order.created_at,
        "customer_note_notify": 1,
        "email_sent": 1,
        "entity_id": order.entity_id,
        "global_currency_code": global_currency,
        "increment_id": order.increment_id,
        "is_virtual": 0,
        "order_currency_code": currency,
        "protect_code": order.protect_code,
        "quote_id": order.quote.number,
        "remote_ip": order.remote_ip,
        "shipping_description": "Flat Rate - Fixed",
        **_serialize_state(order),
        "store_currency_code": base,
        "store_id": view.number,
        "store_name": "Main Website\nMain Website Store\nDefault Store View",
        "total_item_count": len(order.items),
        "total_qty_ordered": order.totals.qty,
        "updated_at": order.updated_at,
        "weight": order.totals.qty,
        "items": items,
        "billing_address": _serialize_address(order.billing, order, "billing"),
        "payment": _serialize_payment(order),
        "status_histories": _serialize_comments(order),
        "extension_attributes": _serialize_extensions(order, items),
    }


def _serialize_comments(order: SandboxOrder) -> list[JsonObject]:
    return [
        {
            "comment": comment.text,
            "created_at": comment.created_at,
            "entity_id": comment.id,
            "is_customer_notified": int(comment.notified),
            "is_visible_on_front": int(comment.visible),
            "parent_id": order.entity_id,
            "status": comment.status,
        }
        for comment in reversed(order.comments)
    ]


def _serialize_amounts(order: SandboxOrder) -> JsonObject:
    totals = order.totals
    return {
        **_build_amount_and_base_amount(order, "discount_amount", 0),
        **_build_amount_and_base_amount(order, "grand_total", totals.grand_total),
        **_build_amount_and_base_amount(order, "discount_tax_compensation_amount", 0),
        **_serialize_shipping_amounts(order),
        **_build_amount_and_base_amount(order, "subtotal", totals.subtotal),
        **_build_amount_and_base_amount(order, "subtotal_incl_tax", totals.subtotal),
        **_build_amount_and_base_amount(order, "tax_amount", 0),
        **_build_amount_and_base_amount(order, "total_due", totals.grand_total),
    }


def _serialize_shipping_amounts(order: SandboxOrder) -> JsonObject:
    price = order.totals.shipping
    return {
        **_build_amount_and_base_amount(order, "shipping_amount", price),
        **_build_amount_and_base_amount(order, "shipping_discount_amount", 0),
        # Magento's own name, "amnt", of the amount in the base currency.
        "base_shipping_discount_tax_compensation_amnt": 0,
        "shipping_discount_tax_compensation_amount": 0,
        **_build_amount_and_base_amount(order, "shipping_incl_tax", price),
        **_build_amount_and_base_amount(order, "shipping_tax_amount", 0),
    }


def _serialize_customer(order: SandboxOrder) -> JsonObject:
    customer = order.quote.customer
    data: JsonObject = {
        "customer_email": order.email,
        "customer_firstname": customer.firstname if customer else order.billing.firstname,
        "customer_group_id": customer.group_id if customer else 0,
        "customer_is_guest": 0 if customer else 1,
        "customer_lastname": customer.lastname if customer else order.billing.lastname,
    }
    return data | {"customer_id": customer.id} if customer else data


def _serialize_state(order: SandboxOrder) -> JsonObject:
    """Return state and status, and of an edited order the one that replaces it."""
    data: JsonObject = {"state": order.state, "status": order.status}
    replacement = order.replaced_by
    if replacement is None:
        return data
    return data | {
        "relation_child_id": str(replacement.entity_id),
        "relation_child_real_id": replacement.increment_id,
    }


def _serialize_item(line: OrderItem, order: SandboxOrder) -> JsonObject:
    zero_amounts: JsonObject = {}
    for name in _ZERO_AMOUNTS:
        zero_amounts |= _build_amount_and_base_amount(order, name, 0)
    quantities = {f"qty_{kind}": Decimal(0) for kind in ("invoiced", "refunded", "shipped")}
    quantities["qty_canceled"] = line.qty if order.state == "canceled" else Decimal(0)
    return {
        **zero_amounts,
        **quantities,
        **_build_amount_and_base_amount(order, "original_price", line.price),
        **_build_amount_and_base_amount(order, "price", line.price),
        **_build_amount_and_base_amount(order, "price_incl_tax", line.price),
        **_build_amount_and_base_amount(order, "row_total", line.row_total),
        **_build_amount_and_base_amount(order, "row_total_incl_tax", line.row_total),
        "created_at": order.created_at,
        "discount_percent": 0,
        "free_shipping": 0,
        "is_qty_decimal": 0,
        "is_virtual": 0,
        "item_id": line.id,
        "name": line.product.name,
        "no_discount": 0,
        "order_id": order.entity_id,
        "product_id": line.product.id,
        "product_type": line.product.type.value,
        "qty_ordered": line.qty,
        "quote_item_id": line.quote_line,
        "row_weight": line.qty,
        "sku": line.sku,
        "store_id": order.quote.view.number,
        "tax_percent": 0,
        "updated_at": order.created_at,
        "weight": 1,
        "extension_attributes": {"itemized_taxes": []},
    }


def _serialize_address(address: PostalAddress, order: SandboxOrder, kind: str) -> JsonObject:
    return {
        "address_type": kind,
        "city": address.city,
        "country_id": address.country_id,
        "email": address.email or order.email,
        # Each order has two addresses of its own: first for shipping, then for billing.
        "entity_id": 2 * order.entity_id - (kind == "shipping"),
        "firstname": address.firstname,
        "lastname": address.lastname,
        "parent_id": order.entity_id,
        "postcode": address.postcode,
        "region": address.region,
        "region_code": address.region,
        "street": list(address.street),
        "telephone": address.telephone,
    }


def _serialize_payment(order: SandboxOrder) -> JsonObject:
    return {
        "account_status": None,
        "additional_information": ["Check / Money order"],
        **_build_amount_and_base_amount(order, "amount_ordered", order.totals.grand_total),
        **_build_amount_and_base_amount(order, "shipping_amount", order.totals.shipping),
        "cc_last4": None,
        "entity_id": order.entity_id,
        "method": "checkmo",
        "parent_id": order.entity_id,
    }


def _serialize_extensions(order: SandboxOrder, items: list[JsonObject]) -> JsonObject:
    shipping = {
        "address": _serialize_address(order.shipping, order, "shipping"),
        "method": order.quote.shipping_method,
        "total": _serialize_shipping_amounts(order),
    }
    return {
        "shipping_assignments": [{"shipping": shipping, "items": items}],
        "payment_additional_info": [{"key": "method_title", "value": "Check / Money order"}],
        "applied_taxes": [],
        "item_applied_taxes": [],
        "converting_from_quote": False,
        "taxes": [],
        "additional_itemized_taxes": [],
    }


def _build_amount_and_base_amount(
    order: SandboxOrder, name: str, value: Decimal | int
) -> JsonObject:
    """Return an amount in the order's currency and in the website's own."""
    return {name: value, f"base_{name}": value / order.quote.rate}

"""Orders as REST shows them. No tax and no discount: many of these stay zero."""

from __future__ import annotations

from decimal import Decimal

from handoff_sandbox.addresses import Address
from handoff_sandbox.orders import Order, SoldLine

Shape = dict[str, object]


def order_shape(order: Order, global_currency: str) -> Shape:
    view, currency = order.quote.view, order.quote.currency.code
    base = view.website.currency.code
    items = [_line_shape(line, order) for line in order.lines]
    return {
        **_money(order),
        **_customer(order),
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
        "state": order.state,
        "status": order.status,
        "store_currency_code": base,
        "store_id": view.number,
        "store_name": "Main Website\nMain Website Store\nDefault Store View",
        "store_to_base_rate": 0,
        "store_to_order_rate": 0,
        "total_item_count": len(order.lines),
        "total_qty_ordered": order.totals.qty,
        "updated_at": order.updated_at,
        "weight": order.totals.qty,
        "items": items,
        "billing_address": _address(order.billing, order, "billing"),
        "payment": _payment(order),
        "status_histories": _histories(order),
        "extension_attributes": _extensions(order, items),
    }


def _histories(order: Order) -> list[Shape]:
    return [
        {
            "comment": comment.words,
            "created_at": comment.created_at,
            "entity_id": comment.id,
            "is_customer_notified": int(comment.notified),
            "is_visible_on_front": int(comment.visible),
            "parent_id": order.entity_id,
            "status": comment.status,
        }
        for comment in reversed(order.comments)
    ]


def _money(order: Order) -> Shape:
    totals = order.totals
    due = Decimal(0) if order.state == "canceled" else totals.grand_total
    return {
        **_twice(order, "discount_amount", 0),
        **_twice(order, "grand_total", totals.grand_total),
        **_twice(order, "discount_tax_compensation_amount", 0),
        **_shipping_money(order),
        **_twice(order, "subtotal", totals.subtotal),
        **_twice(order, "subtotal_incl_tax", totals.subtotal),
        **_twice(order, "tax_amount", 0),
        **_twice(order, "total_due", due),
    }


def _shipping_money(order: Order) -> Shape:
    price = order.totals.shipping
    return {
        **_twice(order, "shipping_amount", price),
        **_twice(order, "shipping_discount_amount", 0),
        # Magento's own column name is cut short in the base currency.
        "base_shipping_discount_tax_compensation_amnt": 0,
        "shipping_discount_tax_compensation_amount": 0,
        **_twice(order, "shipping_incl_tax", price),
        **_twice(order, "shipping_tax_amount", 0),
    }


def _customer(order: Order) -> Shape:
    customer = order.quote.customer
    shape: Shape = {
        "customer_email": order.email,
        "customer_firstname": customer.firstname if customer else order.billing.firstname,
        "customer_group_id": customer.group_id if customer else 0,
        "customer_is_guest": 0 if customer else 1,
        "customer_lastname": customer.lastname if customer else order.billing.lastname,
    }
    return shape | {"customer_id": customer.id} if customer else shape


def _line_shape(line: SoldLine, order: Order) -> Shape:
    zeroes = (
        "amount_refunded",
        "discount_amount",
        "discount_invoiced",
        "discount_tax_compensation_amount",
        "row_invoiced",
        "tax_amount",
        "tax_invoiced",
    )
    twice = {name: value for zero in zeroes for name, value in _twice(order, zero, 0).items()}
    quantities = {f"qty_{kind}": 0 for kind in ("canceled", "invoiced", "refunded", "shipped")}
    return {
        **twice,
        **quantities,
        **_twice(order, "original_price", line.price),
        **_twice(order, "price", line.price),
        **_twice(order, "price_incl_tax", line.price),
        **_twice(order, "row_total", line.row_total),
        **_twice(order, "row_total_incl_tax", line.row_total),
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
        "product_type": line.product.kind.value,
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


def _address(address: Address, order: Order, kind: str) -> Shape:
    return {
        "address_type": kind,
        "city": address.city,
        "country_id": address.country_id,
        "email": address.email or order.email,
        # Each order has two addresses of its own: first where it goes, then who pays.
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


def _payment(order: Order) -> Shape:
    return {
        "account_status": None,
        "additional_information": ["Check / Money order"],
        **_twice(order, "amount_ordered", order.totals.grand_total),
        **_twice(order, "shipping_amount", order.totals.shipping),
        "cc_last4": None,
        "entity_id": order.entity_id,
        "method": "checkmo",
        "parent_id": order.entity_id,
    }


def _extensions(order: Order, items: list[Shape]) -> Shape:
    shipping = {
        "address": _address(order.shipping, order, "shipping"),
        "method": order.quote.ships_by,
        "total": _shipping_money(order),
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


def _twice(order: Order, name: str, value: Decimal | int) -> Shape:
    """Give an amount in the order's currency, and in the website's own."""
    return {name: value, f"base_{name}": value / order.quote.rate}

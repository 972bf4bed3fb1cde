"""Totals of quotes as REST shows them."""

from __future__ import annotations

import json
from decimal import Decimal

from handoff_sandbox.catalogue import OPTION_LABEL
from handoff_sandbox.formats import JsonObject
from handoff_sandbox.quotes import QuoteLine, SandboxQuote
from handoff_sandbox.totals import compute_totals


def serialize_totals(quote: SandboxQuote) -> JsonObject:
    """Return the totals of a quote in its currency and in the website's own."""
    totals = compute_totals(quote)
    data = {
        **_build_amount_and_base_amount(quote, "grand_total", totals.grand_total),
        **_build_amount_and_base_amount(quote, "subtotal", totals.subtotal),
        **_build_amount_and_base_amount(quote, "discount_amount", 0),
        **_build_amount_and_base_amount(quote, "subtotal_with_discount", totals.subtotal),
        **_build_amount_and_base_amount(quote, "shipping_amount", totals.shipping),
        **_build_amount_and_base_amount(quote, "shipping_discount_amount", 0),
        **_build_amount_and_base_amount(quote, "tax_amount", 0),
        "weee_tax_applied_amount": None,
        **_build_amount_and_base_amount(quote, "shipping_tax_amount", 0),
        "subtotal_incl_tax": totals.subtotal,
        **_build_amount_and_base_amount(quote, "shipping_incl_tax", totals.shipping),
        "base_currency_code": quote.view.website.currency.code,
        "quote_currency_code": quote.currency.code,
        "items_qty": totals.qty,
        "items": [_serialize_line(quote, line) for line in quote.visible_lines],
        "total_segments": _serialize_segments(quote, totals.subtotal, totals.shipping),
    }
    if quote.is_virtual:
        # Totals of a virtual quote come from the billing address, which has two more fields.
        data |= {"base_subtotal_incl_tax": totals.subtotal, "coupon_code": ""}
    return data


def _serialize_line(quote: SandboxQuote, line: QuoteLine) -> JsonObject:
    return {
        "item_id": line.number,
        "price": line.base_price,
        "base_price": line.base_price,
        "qty": line.qty,
        **_build_amount_and_base_amount(quote, "row_total", line.row_total),
        "row_total_with_discount": 0,
        **_build_amount_and_base_amount(quote, "tax_amount", 0),
        "tax_percent": 0,
        **_build_amount_and_base_amount(quote, "discount_amount", 0),
        "discount_percent": 0,
        **_build_amount_and_base_amount(quote, "price_incl_tax", line.price),
        **_build_amount_and_base_amount(quote, "row_total_incl_tax", line.row_total),
        "options": _serialize_options(line),
        "weee_tax_applied_amount": None,
        "weee_tax_applied": None,
        "name": line.product.name,
    }


def _serialize_options(line: QuoteLine) -> str:
    chosen = [{"value": line.variant.option, "label": OPTION_LABEL}] if line.variant else []
    return json.dumps(chosen, separators=(",", ":"))


def _serialize_segments(
    quote: SandboxQuote, subtotal: Decimal, shipping: Decimal
) -> list[JsonObject]:
    method = " (Flat Rate - Fixed)" if quote.shipping_method else ""
    shipping_segment = {
        "code": "shipping",
        "title": f"Shipping & Handling{method}",
        "value": shipping,
    }
    return [
        {"code": "subtotal", "title": "Subtotal", "value": subtotal},
        *([] if quote.is_virtual else [shipping_segment]),
        {
            "code": "tax",
            "title": "Tax",
            "value": 0,
            "extension_attributes": {"tax_grandtotal_details": []},
        },
        {
            "code": "grand_total",
            "title": "Grand Total",
            "value": subtotal + shipping,
            "area": "footer",
        },
    ]


def _build_amount_and_base_amount(
    quote: SandboxQuote, name: str, value: Decimal | int
) -> JsonObject:
    """Return an amount in the quote's currency and in the website's own."""
    return {name: value, f"base_{name}": value / quote.rate}

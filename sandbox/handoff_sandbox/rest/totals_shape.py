from __future__ import annotations

import json
from decimal import Decimal

from handoff_sandbox.catalogue import CHOSEN_BY
from handoff_sandbox.quotes import Line, Quote
from handoff_sandbox.totals import totals_of

Shape = dict[str, object]


def totals_shape(quote: Quote) -> Shape:
    """Give a quote's totals, in its currency and in the website's own."""
    totals = totals_of(quote)
    shape = {
        **_twice(quote, "grand_total", totals.grand_total),
        **_twice(quote, "subtotal", totals.subtotal),
        **_twice(quote, "discount_amount", 0),
        **_twice(quote, "subtotal_with_discount", totals.subtotal),
        **_twice(quote, "shipping_amount", totals.shipping),
        **_twice(quote, "shipping_discount_amount", 0),
        **_twice(quote, "tax_amount", 0),
        "weee_tax_applied_amount": None,
        **_twice(quote, "shipping_tax_amount", 0),
        "subtotal_incl_tax": totals.subtotal,
        **_twice(quote, "shipping_incl_tax", totals.shipping),
        "base_currency_code": quote.view.website.currency.code,
        "quote_currency_code": quote.currency.code,
        "items_qty": totals.qty,
        "items": [_line_totals(quote, line) for line in quote.visible_lines()],
        "total_segments": _segments(quote, totals.subtotal, totals.shipping),
    }
    if quote.is_virtual:
        # Totals of what is not sent come from the billing address, which keeps two more of them.
        shape |= {"base_subtotal_incl_tax": totals.subtotal, "coupon_code": ""}
    return shape


def _line_totals(quote: Quote, line: Line) -> Shape:
    return {
        "item_id": line.number,
        "price": line.base_price,
        "base_price": line.base_price,
        "qty": line.qty,
        **_twice(quote, "row_total", line.row_total),
        "row_total_with_discount": 0,
        **_twice(quote, "tax_amount", 0),
        "tax_percent": 0,
        **_twice(quote, "discount_amount", 0),
        "discount_percent": 0,
        **_twice(quote, "price_incl_tax", line.price),
        **_twice(quote, "row_total_incl_tax", line.row_total),
        "options": _options(line),
        "weee_tax_applied_amount": None,
        "weee_tax_applied": None,
        "name": line.product.name,
    }


def _options(line: Line) -> str:
    chosen = [{"value": line.variant.option, "label": CHOSEN_BY}] if line.variant else []
    return json.dumps(chosen, separators=(",", ":"))


def _segments(quote: Quote, subtotal: Decimal, shipping: Decimal) -> list[Shape]:
    method = " (Flat Rate - Fixed)" if quote.ships_by else ""
    sending = {"code": "shipping", "title": f"Shipping & Handling{method}", "value": shipping}
    return [
        {"code": "subtotal", "title": "Subtotal", "value": subtotal},
        *([] if quote.is_virtual else [sending]),
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


def _twice(quote: Quote, name: str, value: Decimal | int) -> Shape:
    """Give an amount in the quote's currency, and in the website's own."""
    return {name: value, f"base_{name}": value / quote.rate}

from __future__ import annotations

from decimal import Decimal

from handoff.sandbox.quotes import Line, Quote
from handoff.sandbox.totals import totals_of

Shape = dict[str, object]


def totals_shape(quote: Quote, currency: str) -> Shape:
    """Give a quote's totals; the base currency is the shop's only one, so all come twice."""
    totals = totals_of(quote)
    return {
        **_twice("grand_total", totals.grand_total),
        **_twice("subtotal", totals.subtotal),
        **_twice("discount_amount", 0),
        **_twice("subtotal_with_discount", totals.subtotal),
        **_twice("shipping_amount", totals.shipping),
        **_twice("shipping_discount_amount", 0),
        **_twice("tax_amount", 0),
        "weee_tax_applied_amount": None,
        **_twice("shipping_tax_amount", 0),
        "subtotal_incl_tax": totals.subtotal,
        **_twice("shipping_incl_tax", totals.shipping),
        "base_currency_code": currency,
        "quote_currency_code": currency,
        "items_qty": totals.qty,
        "items": [_line_totals(line) for line in quote.visible_lines()],
        "total_segments": _segments(quote, totals.subtotal, totals.shipping),
    }


def _line_totals(line: Line) -> Shape:
    return {
        "item_id": line.number,
        **_twice("price", line.product.price),
        "qty": line.qty,
        **_twice("row_total", line.row_total),
        "row_total_with_discount": 0,
        **_twice("tax_amount", 0),
        "tax_percent": 0,
        **_twice("discount_amount", 0),
        "discount_percent": 0,
        **_twice("price_incl_tax", line.product.price),
        **_twice("row_total_incl_tax", line.row_total),
        "options": "[]",
        "weee_tax_applied_amount": None,
        "weee_tax_applied": None,
        "name": line.product.name,
    }


def _segments(quote: Quote, subtotal: Decimal, shipping: Decimal) -> list[Shape]:
    method = " (Flat Rate - Fixed)" if quote.ships_by else ""
    return [
        {"code": "subtotal", "title": "Subtotal", "value": subtotal},
        {"code": "shipping", "title": f"Shipping & Handling{method}", "value": shipping},
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


def _twice(name: str, value: Decimal | int) -> Shape:
    return {name: value, f"base_{name}": value}

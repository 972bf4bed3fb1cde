"""The part of `window.checkoutConfig` that describes the bag. The scripts of checkout read it."""

from __future__ import annotations

from handoff_sandbox.formats import JsonObject, format_amount, to_json_number
from handoff_sandbox.quotes import QuoteLine, SandboxQuote
from handoff_sandbox.rest.quote_serializers import serialize_customer
from handoff_sandbox.storefront.visit import Visit
from handoff_sandbox.totals import calculate_totals


def serialize_checkout_config(quote: SandboxQuote, visit: Visit) -> JsonObject:
    """Return the configuration for a quote. A guest's quote is named by its masked id."""
    code, totals = quote.currency.code, calculate_totals(quote)
    guest = quote.customer is None
    return {
        "formKey": visit.get_form_key(),
        "storeCode": visit.view.code,
        "websiteCode": visit.view.website.code,
        "defaultCountryId": "GB",
        "isCustomerLoggedIn": not guest,
        "isGuestCheckoutAllowed": visit.shop.rules.guest_checkout,
        "customerData": [] if quote.customer is None else serialize_customer(quote.customer),
        "quoteData": {
            "entity_id": visit.shop.quotes.ensure_masked_id(quote) if guest else str(quote.number),
            "store_id": quote.view.number,
            "is_active": "1",
            "is_virtual": 0,
            "items_count": str(len(quote.lines)),
            "items_qty": format_amount(totals.qty),
            "quote_currency_code": code,
            "grand_total": format_amount(totals.grand_total),
            "subtotal": format_amount(totals.subtotal),
        },
        "quoteItemData": [_serialize_line(line, quote) for line in quote.visible_lines],
        "totalsData": {
            "subtotal": format_amount(totals.subtotal),
            "grand_total": format_amount(totals.grand_total),
            "items_qty": format_amount(totals.qty),
            "quote_currency_code": code,
        },
    }


def _serialize_line(line: QuoteLine, quote: SandboxQuote) -> JsonObject:
    return {
        "item_id": str(line.number),
        "quote_id": str(quote.number),
        "product_id": str(line.product.id),
        "sku": line.sku,
        "name": line.product.name,
        "qty": to_json_number(line.qty),
        "price": format_amount(line.price),
        "row_total": format_amount(line.row_total),
        "product_type": line.product.type.value,
    }

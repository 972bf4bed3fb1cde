"""The part of `window.checkoutConfig` that describes the bag. The scripts of checkout read it."""

from __future__ import annotations

from decimal import Decimal

from handoff_sandbox.formats import JsonObject, convert_to_json_number, format_amount
from handoff_sandbox.quotes import QuoteLine, SandboxQuote
from handoff_sandbox.rest.quote_serializers import serialize_customer
from handoff_sandbox.storefront.visit import Visit
from handoff_sandbox.totals import Totals, compute_totals


def serialize_checkout_config(quote: SandboxQuote, visit: Visit) -> JsonObject:
    """Return the configuration for a quote. A guest's quote is named by its masked id."""
    code, totals = quote.currency.code, compute_totals(quote)
    guest = quote.customer is None
    return {
        "formKey": visit.get_or_create_form_key(),
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
        "totalsData": serialize_totals_data(totals, code),
    }


def serialize_totals_data(totals: Totals, currency: str) -> JsonObject:
    """Return the totals of the order summary, as its scripts read them."""
    amounts = {
        "subtotal": totals.subtotal,
        "shipping_amount": totals.shipping,
        "discount_amount": Decimal(0),
        "tax_amount": Decimal(0),
        "grand_total": totals.grand_total,
        "items_qty": totals.qty,
    }
    texts = {name: format_amount(amount) for name, amount in amounts.items()}
    return {**texts, "quote_currency_code": currency}


def _serialize_line(line: QuoteLine, quote: SandboxQuote) -> JsonObject:
    return {
        "item_id": str(line.number),
        "quote_id": str(quote.number),
        "product_id": str(line.product.id),
        "sku": line.sku,
        "name": line.product.name,
        "qty": convert_to_json_number(line.qty),
        "price": format_amount(line.price),
        "row_total": format_amount(line.row_total),
        "product_type": line.product.type.value,
    }

"""`window.checkoutConfig`: what checkout's own scripts read first, where it tells of the bag."""

from __future__ import annotations

from handoff_sandbox.money import four_places, plain
from handoff_sandbox.quotes import Line, Quote
from handoff_sandbox.rest.shapes import customer_shape
from handoff_sandbox.storefront.visit import Visit
from handoff_sandbox.totals import totals_of

Shape = dict[str, object]


def config_shape(quote: Quote, now: Visit) -> Shape:
    """Give the page's own account of the bag; a guest's quote goes by its masked id."""
    code, totals = quote.currency.code, totals_of(quote)
    guest = quote.customer is None
    return {
        "formKey": now.form_key(),
        "storeCode": now.view.code,
        "websiteCode": now.view.website.code,
        "defaultCountryId": "GB",
        "isCustomerLoggedIn": not guest,
        "isGuestCheckoutAllowed": now.shop.rules.guest_checkout,
        "customerData": [] if quote.customer is None else customer_shape(quote.customer),
        "quoteData": {
            "entity_id": now.shop.quotes.mask(quote) if guest else str(quote.number),
            "store_id": quote.view.number,
            "is_active": "1",
            "is_virtual": 0,
            "items_count": str(len(quote.lines)),
            "items_qty": four_places(totals.qty),
            "quote_currency_code": code,
            "grand_total": four_places(totals.grand_total),
            "subtotal": four_places(totals.subtotal),
        },
        "quoteItemData": [_item(line, quote) for line in quote.visible_lines()],
        "totalsData": {
            "subtotal": four_places(totals.subtotal),
            "grand_total": four_places(totals.grand_total),
            "items_qty": four_places(totals.qty),
            "quote_currency_code": code,
        },
    }


def _item(line: Line, quote: Quote) -> Shape:
    return {
        "item_id": str(line.number),
        "quote_id": str(quote.number),
        "product_id": str(line.product.id),
        "sku": line.sku,
        "name": line.product.name,
        "qty": plain(line.qty),
        "price": four_places(line.price),
        "row_total": four_places(line.row_total),
        "product_type": line.product.kind.value,
    }

"""The cart page, and putting products into the session's quote."""

from __future__ import annotations

import re
from base64 import b64encode
from decimal import Decimal, InvalidOperation

from flask import Response, jsonify, request

from handoff_sandbox.catalogue import Product
from handoff_sandbox.checkout_rules import CheckoutRules, has_line_errors, is_below_minimum
from handoff_sandbox.demo_content import get_content
from handoff_sandbox.quotes import SandboxQuote
from handoff_sandbox.sale_validation import SaleRefused, validate_sale
from handoff_sandbox.storefront.responses import (
    add_message,
    redirect_to,
    reject_form,
    render_error_page,
    render_page,
)
from handoff_sandbox.storefront.visit import Visit, get_current_visit
from handoff_sandbox.storefront.visit_blueprint import build_blueprint
from handoff_sandbox.totals import compute_totals

blueprint = build_blueprint("cart_pages")


@blueprint.before_request
def require_any_content_type() -> Response | None:
    """Answer 500 if the Accept header lacks */*, as Magento does on the pages of checkout."""
    accept = request.headers.get("Accept", "*/*")
    return render_error_page() if request.method == "GET" and "*/*" not in accept else None


@blueprint.get("/checkout/cart/")
def show_cart() -> Response:
    visit = get_current_visit()
    quote = visit.refresh_quote()
    return render_page(
        "cart.html",
        totals=None if quote is None else compute_totals(quote),
        can_check_out=can_check_out(quote, visit.shop.rules),
        has_errors=quote is not None and has_line_errors(quote),
        below_minimum=quote is not None and is_below_minimum(quote, visit.shop.rules),
    )


@blueprint.post("/checkout/cart/add")
@blueprint.post("/checkout/cart/add/")
def add_product() -> Response:
    """Put a product into the session's quote, and create the quote if there is none.

    Without options, a configurable product is refused.
    """
    visit = get_current_visit()
    is_script = request.headers.get("X-Requested-With") == "XMLHttpRequest"
    if not visit.has_posted_form_key(visit.get_or_create_form_key()):
        if is_script:
            add_message(visit, "error", "Your session has expired")
            return redirect_to("/checkout/cart/")
        reject_form(visit)
        return redirect_to(_read_referring_path(visit))
    product = visit.shop.catalogue.find_by_id(_read_product_id())
    is_refused = product is not None and not _try_to_add_product(visit, product)
    path = f"/{product.url_key}.html" if product and is_refused else _read_referring_path(visit)
    if not is_script:
        return redirect_to(path)
    # A script reads the message in the sections that it loads next.
    visit.cookies = [line for line in visit.cookies if not line.startswith("mage-messages=")]
    return jsonify({"backUrl": f"{visit.view.url}{path}"} if is_refused else [])


def can_check_out(quote: SandboxQuote | None, rules: CheckoutRules) -> bool:
    """Return whether the shop offers checkout. The minimum amount does not count here."""
    return rules.one_page_checkout and not (quote and has_line_errors(quote))


def _try_to_add_product(visit: Visit, product: Product) -> bool:
    """Add the posted quantity of a product, and return whether the shop sells it."""
    quote = visit.refresh_quote()
    qty, variant = _read_quantity(), _find_variant(product)
    try:
        validate_sale(quote, product, qty, variant)
    except SaleRefused as error:
        add_message(visit, "error", error.message)
        return False
    visit.shop.quotes.add_quantity(quote or _create_quote(visit), product, qty, variant)
    link = f'<a href="{visit.view.url}/checkout/cart/">shopping cart</a>'
    add_message(visit, "success", f"\nYou added {get_content(product).name} to your {link}.")
    return True


def _find_variant(product: Product) -> Product | None:
    """Return the variant that the posted options choose."""
    for name, value in request.form.items():
        if found := re.fullmatch(r"super_attribute\[([0-9]+)\]", name):
            uid = b64encode(f"configurable/{found[1]}/{value}".encode()).decode()
            if uid in product.parts:
                return product.parts[uid]
    return None


def _create_quote(visit: Visit) -> SandboxQuote:
    quotes = visit.shop.quotes
    customer = visit.customer
    quote = (
        quotes.create_for_guest(view=visit.view, currency=visit.currency)
        if customer is None
        else quotes.create_for_customer(customer, view=visit.view)
    )
    visit.set_quote(quote)
    return quote


def _read_referring_path(visit: Visit) -> str:
    """Return the path of the page that the shopper comes from, or / if it is not of this shop."""
    referrer = request.headers.get("Referer", "")
    inside = referrer.startswith(f"{visit.view.url}/")
    return referrer.removeprefix(visit.view.url) if inside else "/"


def _read_product_id() -> int:
    given = request.form.get("product", "")
    return int(given) if given.isascii() and given.isdigit() else 0


def _read_quantity() -> Decimal:
    try:
        qty = Decimal(request.form.get("qty", "1"))
    except InvalidOperation:
        return Decimal(1)
    return qty if qty.is_finite() and qty > 0 else Decimal(1)

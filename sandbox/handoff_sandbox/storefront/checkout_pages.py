"""Checkout, placing an order, and the success page."""

from __future__ import annotations

from flask import Response, request

from handoff_sandbox.checkout_rules import has_line_errors, is_below_minimum
from handoff_sandbox.errors import ShopError
from handoff_sandbox.orders import SandboxOrder
from handoff_sandbox.postal_address import PostalAddress
from handoff_sandbox.quotes import SandboxQuote
from handoff_sandbox.storefront.cart_pages import require_any_content_type
from handoff_sandbox.storefront.checkout_config import (
    serialize_checkout_config,
    serialize_totals_data,
)
from handoff_sandbox.storefront.responses import (
    add_message,
    redirect_to,
    reject_form,
    render_page,
)
from handoff_sandbox.storefront.visit import Visit, get_current_visit
from handoff_sandbox.storefront.visit_blueprint import build_blueprint
from handoff_sandbox.totals import FLAT_RATE, Totals, compute_flat_rate, compute_totals

blueprint = build_blueprint("checkout_pages")
blueprint.before_request(require_any_content_type)

ADDRESS_FIELDS = (
    "firstname",
    "lastname",
    "street",
    "city",
    "postcode",
    "country_id",
    "telephone",
)


@blueprint.get("/checkout/")
def show_checkout() -> Response:
    """Show the session's quote under a new session id, or redirect to the cart page."""
    visit = get_current_visit()
    quote = find_checkout_quote_or_add_message(visit)
    if quote is None:
        return redirect_to("/checkout/cart/")
    if not _is_session_id_kept(visit):
        visit.regenerate_session_id()
    return _render_form(quote)


@blueprint.post("/checkout/")
def reject_post() -> Response:
    return redirect_to("/")


@blueprint.post("/checkout/placeorder/")
def place_order() -> Response:
    visit = get_current_visit()
    quote = find_checkout_quote_or_add_message(visit)
    if not visit.has_posted_form_key(visit.get_or_create_form_key()):
        reject_form(visit)
        return redirect_to("/checkout/")
    if quote is None:
        return redirect_to("/checkout/cart/")
    given = {name: request.form.get(name, "").strip() for name in (*ADDRESS_FIELDS, "email")}
    if quote.customer is not None:
        given["email"] = quote.customer.email
    if not all(given.values()):
        return _render_form(quote, 400, "Please fill in every field.")
    try:
        order = _place_order(visit, quote, given)
    except ShopError as error:
        return _render_form(quote, 400, error.message)
    _write_order_into_session(visit, order)
    return redirect_to("/checkout/onepage/success/")


@blueprint.get("/checkout/onepage/success/")
def show_success() -> Response:
    """Show the order's number once. Magento forgets it after this page."""
    visit = get_current_visit()
    number = visit.session.get_text("checkout", "last_real_order_id")
    if visit.session.get("checkout", "last_success_quote_id") is None or number is None:
        return redirect_to("/checkout/cart/")
    visit.session.set_values("checkout", **{visit.quote_key: None}, last_success_quote_id=None)
    return render_page("success.html", number=number)


@blueprint.get("/paypal/payflow/cancelPayment/")
def cancel_payment() -> Response:
    """Cancel the session's last order and restore its quote, whatever its payment method."""
    visit = get_current_visit()
    number = visit.session.get_number("checkout", "last_order_id")
    order = None if number is None else visit.shop.orders.by_id.get(number)
    if order is not None and visit.session.get_text("checkout", "last_real_order_id"):
        visit.shop.orders.cancel_order(order)
        visit.shop.quotes.restore(order.quote)
        visit.set_quote(order.quote)
        visit.session.set_values("checkout", last_real_order_id=None)
    return Response(content_type="text/html; charset=UTF-8")


def find_checkout_quote_or_add_message(visit: Visit) -> SandboxQuote | None:
    """Return the session's quote if it can be bought, and add a message if Magento gives one."""
    rules, quote = visit.shop.rules, visit.refresh_quote()
    if not rules.one_page_checkout:
        add_message(visit, "error", "One-page checkout is turned off.")
        return None
    if quote is None or not quote.visible_lines:
        return None
    if has_line_errors(quote) or is_below_minimum(quote, rules):
        return None
    if visit.customer is None and not rules.guest_checkout:
        add_message(visit, "error", "Guest checkout is disabled.")
        return None
    return quote


def _is_session_id_kept(visit: Visit) -> bool:
    """Return whether the session id stays. On plain http every view of checkout changes it."""
    pages = (visit.view.url, request.headers.get("Referer", ""))
    return all(page.startswith("https:") for page in pages)


def _render_form(quote: SandboxQuote, status: int = 200, problem: str | None = None) -> Response:
    totals = compute_totals(quote)
    with_shipping = Totals(totals.subtotal, compute_flat_rate(quote), totals.qty)
    return render_page(
        "checkout.html",
        status,
        totals=with_shipping,
        totals_data=serialize_totals_data(with_shipping, quote.currency.code),
        problem=problem,
        given=request.form,
        config=serialize_checkout_config(quote, get_current_visit()),
    )


def _place_order(visit: Visit, quote: SandboxQuote, given: dict[str, str]) -> SandboxOrder:
    quotes = visit.shop.quotes
    if not quote.is_virtual:
        quote.shipping = PostalAddress.from_body(quote.shipping.id, given)
        quote.shipping_method = FLAT_RATE
    billing = PostalAddress.from_body(quotes.generate_address_number(), given)
    return visit.shop.orders.place_order(
        quote, email=given["email"], billing=billing, remote_ip=request.remote_addr or ""
    )


def _write_order_into_session(visit: Visit, order: SandboxOrder) -> None:
    number = str(order.quote.number)
    visit.session.set_values(
        "checkout",
        **{visit.quote_key: None},
        last_quote_id=number,
        last_success_quote_id=number,
        last_order_id=str(order.entity_id),
        last_real_order_id=order.increment_id,
    )

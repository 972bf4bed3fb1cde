from __future__ import annotations

from flask import Response, request

from handoff_sandbox.addresses import Address
from handoff_sandbox.errors import ShopError
from handoff_sandbox.orders import Order
from handoff_sandbox.quotes import Quote
from handoff_sandbox.rules import has_trouble, is_too_small
from handoff_sandbox.storefront.cart import needs_any_content_type
from handoff_sandbox.storefront.checkout_config import config_shape
from handoff_sandbox.storefront.forms import genuine, say
from handoff_sandbox.storefront.visit import Visit, go, page, room, visit
from handoff_sandbox.totals import FLAT_RATE, Totals, flat_rate, totals_of

bp = room("checkout")
bp.before_request(needs_any_content_type)

ADDRESS_FIELDS = (
    "firstname",
    "lastname",
    "street",
    "city",
    "postcode",
    "country_id",
    "telephone",
)


@bp.get("/checkout/")
def show() -> Response:
    """Show the bound quote under a new session id; without one, the cart page."""
    now = visit()
    quote = ready_quote(now)
    if quote is None:
        return go("/checkout/cart/")
    if not _secure(now):
        now.regenerate()
    return _form(quote)


@bp.post("/checkout/")
def no_way_in() -> Response:
    return go("/")


@bp.post("/checkout/placeorder/")
def place_order() -> Response:
    now = visit()
    quote = ready_quote(now)
    if not genuine(now):
        return go("/checkout/")
    if quote is None:
        return go("/checkout/cart/")
    given = {name: request.form.get(name, "").strip() for name in (*ADDRESS_FIELDS, "email")}
    if quote.customer is not None:
        given["email"] = quote.customer.email
    if not all(given.values()):
        return _form(quote, 400, "Please fill in every field.")
    try:
        order = _order(now, quote, given)
    except ShopError as error:
        return _form(quote, 400, error.message)
    _remember(now, order)
    return go("/checkout/onepage/success/")


@bp.get("/checkout/onepage/success/")
def success() -> Response:
    """Show the order's number once; Magento forgets it with this page."""
    now = visit()
    number = now.session.text("checkout", "last_real_order_id")
    if now.session.get("checkout", "last_success_quote_id") is None or number is None:
        return go("/checkout/cart/")
    now.session.put("checkout", **{now.quote_key: None}, last_success_quote_id=None)
    return page("success.html", number=number)


def ready_quote(now: Visit) -> Quote | None:
    """Give the session's quote if it can be bought, and leave a message where that has one."""
    rules, quote = now.shop.rules, now.quote()
    if not rules.one_page_checkout:
        say(now, "error", "One-page checkout is turned off.")
        return None
    if quote is None or not quote.visible_lines():
        return None
    if has_trouble(quote) or is_too_small(quote, rules):
        return None
    if now.customer is None and not rules.guest_checkout:
        say(now, "error", "Guest checkout is disabled.")
        return None
    return quote


def _secure(now: Visit) -> bool:
    """Tell whether the session id may stay: on plain http each view of checkout changes it."""
    pages = (now.view.url, request.headers.get("Referer", ""))
    return all(page.startswith("https:") for page in pages)


def _form(quote: Quote, status: int = 200, problem: str | None = None) -> Response:
    bag = totals_of(quote)
    totals = Totals(bag.subtotal, flat_rate(quote), bag.qty)
    config = config_shape(quote, visit())
    return page(
        "checkout.html", status, totals=totals, problem=problem, given=request.form, config=config
    )


def _order(now: Visit, quote: Quote, given: dict[str, str]) -> Order:
    quotes = now.shop.quotes
    if not quote.is_virtual:
        quote.shipping = Address.from_body(quote.shipping.id, given)
        quote.ships_by = FLAT_RATE
    billing = Address.from_body(quotes.next_address(), given)
    return now.shop.orders.place(
        quote, email=given["email"], billing=billing, remote_ip=request.remote_addr or ""
    )


def _remember(now: Visit, order: Order) -> None:
    number = str(order.quote.number)
    now.session.put(
        "checkout",
        **{now.quote_key: None},
        last_quote_id=number,
        last_success_quote_id=number,
        last_order_id=str(order.entity_id),
        last_real_order_id=order.increment_id,
    )

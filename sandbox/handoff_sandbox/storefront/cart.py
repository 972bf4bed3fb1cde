from __future__ import annotations

from decimal import Decimal, InvalidOperation

from flask import Response, jsonify, request

from handoff_sandbox.catalogue import Product
from handoff_sandbox.display import shown
from handoff_sandbox.quotes import Quote
from handoff_sandbox.rules import has_trouble, is_too_small
from handoff_sandbox.selling import CannotSell, check_sale
from handoff_sandbox.storefront.forms import genuine, say
from handoff_sandbox.storefront.visit import Visit, error_page, go, page, room, visit
from handoff_sandbox.totals import totals_of

bp = room("cart")


@bp.before_request
def needs_any_content_type() -> Response | None:
    """Magento fails on pages of the checkout when the Accept header lacks */*."""
    accept = request.headers.get("Accept", "*/*")
    return error_page() if request.method == "GET" and "*/*" not in accept else None


@bp.get("/checkout/cart/")
def show() -> Response:
    now = visit()
    quote = now.quote()
    return page(
        "cart.html",
        totals=None if quote is None else totals_of(quote),
        possible=may_check_out(now),
        too_small=quote is not None and is_too_small(quote, now.shop.rules),
    )


@bp.post("/checkout/cart/add")
def add() -> Response:
    """Put a product into the session's quote, which is made here if there is none."""
    now = visit()
    where = _back(now) if not genuine(now) else _add(now, now.shop.catalogue.by_id(_product_id()))
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        # A script hears of it in the sections that it loads next.
        now.cookies = [one for one in now.cookies if not one.startswith("mage-messages=")]
        return jsonify([])
    return go(where)


def may_check_out(now: Visit) -> bool:
    """Tell whether the shop shows a way to checkout, which for a small cart is shut."""
    quote = now.quote()
    return now.shop.rules.one_page_checkout and not (quote and has_trouble(quote))


def _add(now: Visit, product: Product | None) -> str:
    if product is None:
        return _back(now)
    quote = now.quote()
    qty = _quantity()
    try:
        check_sale(quote, product, qty)
    except CannotSell as error:
        say(now, "error", error.message)
        return f"/{product.url_key}.html"
    now.shop.quotes.put(quote or _new_quote(now), product, qty)
    link = f'<a href="{now.view.url}/checkout/cart/">shopping cart</a>'
    say(now, "success", f"\nYou added {shown(product).name} to your {link}.")
    return _back(now)


def _new_quote(now: Visit) -> Quote:
    quotes = now.shop.quotes
    customer = now.customer
    quote = (
        quotes.create_for_guest(view=now.view, currency=now.currency)
        if customer is None
        else quotes.create_for_customer(customer, view=now.view)
    )
    now.bind(quote)
    return quote


def _back(now: Visit) -> str:
    """Go where the shopper was, if that was a page of this shop."""
    came_from = request.headers.get("Referer", "")
    inside = came_from.startswith(f"{now.view.url}/")
    return came_from.removeprefix(now.view.url) if inside else "/"


def _product_id() -> int:
    given = request.form.get("product", "")
    return int(given) if given.isascii() and given.isdigit() else 0


def _quantity() -> Decimal:
    try:
        qty = Decimal(request.form.get("qty", "1"))
    except InvalidOperation:
        return Decimal(1)
    return qty if qty.is_finite() and qty > 0 else Decimal(1)

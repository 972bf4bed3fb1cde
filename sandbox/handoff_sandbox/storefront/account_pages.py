"""Login, logout and the page of a customer's account."""

from __future__ import annotations

from flask import Response, request

from handoff_sandbox.accounts import ShopCustomer
from handoff_sandbox.errors import Unauthorized
from handoff_sandbox.php_sessions import PhpSession, generate_session_id
from handoff_sandbox.storefront.responses import (
    add_message,
    redirect_to,
    reject_form,
    render_page,
)
from handoff_sandbox.storefront.visit import Visit, get_current_visit
from handoff_sandbox.storefront.visit_blueprint import build_blueprint

blueprint = build_blueprint("account_pages", url_prefix="/customer/account")


@blueprint.get("/")
def show_account() -> Response:
    if get_current_visit().customer is None:
        return redirect_to("/customer/account/login/")
    return render_page("account.html")


@blueprint.get("/login/")
def show_login_form() -> Response:
    if get_current_visit().customer:
        return redirect_to("/customer/account/")
    response = render_page("login.html")
    response.headers["Login-Required"] = "true"
    return response


@blueprint.post("/loginPost/")
def log_in() -> Response:
    visit = get_current_visit()
    if not visit.has_posted_form_key(visit.get_or_create_form_key()):
        reject_form(visit)
        return redirect_to("/customer/account/")
    name, password = (request.form.get(f"login[{key}]", "") for key in ("username", "password"))
    try:
        customer = visit.shop.accounts.authenticate_customer(name, password)
        if not visit.shop.is_account_valid(customer, visit.view):
            raise Unauthorized.build_for_login()
    except Unauthorized as error:
        add_message(visit, "error", error.message)
        return redirect_to("/customer/account/login/")
    _start_customer_session(visit, customer)
    return redirect_to("/customer/account/")


@blueprint.get("/logout/")
def log_out() -> Response:
    """End the session. The quote stays with the customer."""
    visit = get_current_visit()
    visit.session = PhpSession(generate_session_id())
    visit.stored = b""
    _clear_browser_cache(visit)
    visit.cookies += [
        visit.shop.cookies.build_expired_vary_cookie(),
        visit.shop.cookies.build_expired_form_key_cookie(),
    ]
    return redirect_to("/")


def _start_customer_session(visit: Visit, customer: ShopCustomer) -> None:
    guest_quote = visit.refresh_quote()
    visit.regenerate_session_id()
    visit.session.set_values(
        visit.account_key,
        customer_id=str(customer.id),
        customer_group_id=str(customer.group_id),
    )
    visitor = visit.session.get_texts("default", "visitor_data")
    visitor["customer_id"] = str(customer.id)
    visit.session.set_values("default", visitor_data=visitor)
    _merge_guest_quote(visit, customer, None if guest_quote is None else guest_quote.number)
    cookies = visit.shop.cookies
    _clear_browser_cache(visit)
    visit.cookies += [
        cookies.build_expired_form_key_cookie(),
        cookies.build_expired_persistent_cart_cookie(),
        cookies.build_vary_cookie(str(visit.compute_vary())),
    ]
    visit.session.set_values("default", _form_key=generate_session_id()[:16])


def _merge_guest_quote(visit: Visit, customer: ShopCustomer, number: int | None) -> None:
    """Merge the guest's lines into the customer's quote. REST does it the other way round."""
    quotes = visit.shop.quotes
    guest_quote = None if number is None else quotes.find_active(number)
    website = visit.view.website
    customer_quote = quotes.find_active_of_customer(customer, website)
    if guest_quote is not None and guest_quote is not customer_quote:
        if customer_quote is None:
            quotes.set_owner(guest_quote, customer)
        else:
            quotes.merge(customer_quote, guest_quote)
    visit.set_quote(quotes.find_active_of_customer(customer, website))


def _clear_browser_cache(visit: Visit) -> None:
    if request.cookies.get("mage-cache-sessid"):
        visit.cookies.append(visit.shop.cookies.build_expired_cache_session_cookie())

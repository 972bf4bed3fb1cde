from __future__ import annotations

from flask import Response, request

from handoff_sandbox.errors import Unauthorized
from handoff_sandbox.people import Customer
from handoff_sandbox.sessions import Session, new_id
from handoff_sandbox.storefront.forms import genuine, say
from handoff_sandbox.storefront.visit import Visit, go, page, room, visit

bp = room("account", url_prefix="/customer/account")


@bp.get("/")
def show() -> Response:
    return page("account.html") if visit().customer else go("/customer/account/login/")


@bp.get("/login/")
def login() -> Response:
    if visit().customer:
        return go("/customer/account/")
    answer = page("login.html")
    answer.headers["Login-Required"] = "true"
    return answer


@bp.post("/loginPost/")
def log_in() -> Response:
    now = visit()
    if not genuine(now):
        return go("/customer/account/")
    name = request.form.get("login[username]", "")
    try:
        account = now.shop.people.customers.check(name, request.form.get("login[password]", ""))
        if account.customer is not None and not now.shop.serves(account.customer, now.view):
            raise Unauthorized.login()
    except Unauthorized as error:
        say(now, "error", error.message)
        return go("/customer/account/login/")
    if account.customer is None:
        raise LookupError("a customer's account without its customer")
    _welcome(now, account.customer)
    return go("/customer/account/")


@bp.get("/logout/")
def log_out() -> Response:
    """End the session; the quote stays with the customer."""
    now = visit()
    now.session = Session(new_id())
    now.stored = b""
    _end_browser_cache(now)
    now.cookies += [now.shop.cookies.no_vary(), now.shop.cookies.no_form_key()]
    return go("/")


def _welcome(now: Visit, customer: Customer) -> None:
    guests = now.quote()
    now.regenerate()
    now.session.put(
        now.account_key,
        customer_id=str(customer.id),
        customer_group_id=str(customer.group_id),
    )
    _take_along(now, customer, None if guests is None else guests.number)
    cookies = now.shop.cookies
    _end_browser_cache(now)
    now.cookies += [
        cookies.no_form_key(),
        cookies.no_persistent_cart(),
        cookies.vary(str(now.vary())),
    ]
    now.session.put("default", _form_key=new_id()[:16])


def _take_along(now: Visit, customer: Customer, number: int | None) -> None:
    """Bring what the guest had into the customer's quote; the other way round than over REST."""
    quotes = now.shop.quotes
    guests = None if number is None else quotes.active(number)
    website = now.view.website
    theirs = quotes.active_of(customer, website)
    if guests is not None and guests is not theirs:
        if theirs is None:
            quotes.own(guests, customer)
        else:
            quotes.merge(theirs, guests)
    now.bind(quotes.active_of(customer, website))


def _end_browser_cache(now: Visit) -> None:
    if request.cookies.get("mage-cache-sessid"):
        now.cookies.append(now.shop.cookies.no_browser_cache())

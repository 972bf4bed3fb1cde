from __future__ import annotations

from flask import g, request

from handoff_sandbox.errors import Unauthorized
from handoff_sandbox.shop import Shop, current_shop, current_view
from handoff_sandbox.tokens import CUSTOMER, User

ANYONE = "anonymous"
SELF = "self"


def authorize(resource: str) -> User | None:
    """Give who calls, or raise Unauthorized where the resource is not theirs."""
    shop = current_shop()
    user = bearer(shop)
    if resource == ANYONE:
        return user
    if user is None:
        # Looking for a logged-in browser is what starts a session.
        g.started = True
        user = logged_in_browser(shop)
    allowed = user is not None and (user.is_admin or (resource == SELF and _is_at_home(shop, user)))
    if not allowed:
        raise Unauthorized.resource(resource, starts_session=g.started)
    return user


def _is_at_home(shop: Shop, user: User) -> bool:
    """Tell whether a customer's token is good here: in the website of the account."""
    customer = shop.people.customer(user.id)
    return not g.of_all and (customer is None or shop.serves(customer, current_view()))


def bearer(shop: Shop) -> User | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    user = shop.tokens.read(token) if kind.lower() == "bearer" else None
    is_gone = user is not None and user.is_customer and shop.people.customer(user.id) is None
    return None if is_gone else user


def logged_in_browser(shop: Shop) -> User | None:
    """Take the session cookie for a login, but only of a script of the shop's own pages."""
    if request.headers.get("X-Requested-With") != "XMLHttpRequest":
        return None
    session = shop.sessions.start(request.cookies.get("PHPSESSID"))
    number = session.number(shop.account_key(current_view()), "customer_id")
    return None if number is None else User(number, CUSTOMER)

from __future__ import annotations

from flask import g, request

from handoff.sandbox.errors import Unauthorized
from handoff.sandbox.shop import Shop, current_shop
from handoff.sandbox.tokens import CUSTOMER, User

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
    allowed = user is not None and (user.is_admin or resource == SELF)
    if not allowed:
        raise Unauthorized.resource(resource, starts_session=g.started)
    return user


def bearer(shop: Shop) -> User | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return shop.tokens.read(token) if kind.lower() == "bearer" else None


def logged_in_browser(shop: Shop) -> User | None:
    """Take the session cookie for a login, but only of a script of the shop's own pages."""
    if request.headers.get("X-Requested-With") != "XMLHttpRequest":
        return None
    session = shop.sessions.start(request.cookies.get("PHPSESSID"))
    number = session.number("customer_base", "customer_id")
    return None if number is None else User(number, CUSTOMER)

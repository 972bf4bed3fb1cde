from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from flask import Response, g, request

from handoff_sandbox.errors import InputError, ShopError
from handoff_sandbox.rest.access import authorize
from handoff_sandbox.rest.fields import trim
from handoff_sandbox.rest.render import render
from handoff_sandbox.rest.scope import enter_scope
from handoff_sandbox.shop import current_shop
from handoff_sandbox.tokens import User

Handler = Callable[..., object]
View = Callable[..., Response]


def endpoint(resource: str, *, starts_session: bool = True) -> Callable[[Handler], View]:
    """Turn a function that gives plain data, or raises ShopError, into a REST view.

    `starts_session` says whether this call in Magento opens a PHP session, and so sends its cookie.
    """

    def decorate(handler: Handler) -> View:
        @wraps(handler)
        def view(scope: str | None = None, **path: object) -> Response:
            g.started = False
            try:
                enter_scope(scope)
                g.user = authorize(resource)
                data = trim(handler(**path))
            except ShopError as error:
                return refuse(error)
            g.started = g.started or starts_session
            return answer(data, 200)

        return view

    return decorate


def refuse(error: ShopError) -> Response:
    g.started = getattr(g, "started", False) or error.starts_session
    return answer(error.body(), error.status)


def answer(data: object, status: int) -> Response:
    response = render(data, status)
    response.headers["Cache-Control"] = "no-store"
    if g.started:
        shop = current_shop()
        # The session of a REST call is of no use to anybody: its cookie is sent, no file is kept.
        session_id = request.cookies.get("PHPSESSID")
        cookie = shop.cookies.session(shop.sessions.start(session_id).id)
        response.headers.add("Set-Cookie", cookie)
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def customer_user() -> User:
    """Give the customer who calls; an admin is let through to here, and then lacks an id."""
    user = g.user
    if not isinstance(user, User) or not user.is_customer:
        raise InputError.missing("customerId")
    return user

"""The decorator of REST endpoints: scope, rights, fields, errors and cookies."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from flask import Response, g, request

from handoff_sandbox.access_tokens import TokenUser
from handoff_sandbox.errors import InputError, ShopError
from handoff_sandbox.rest.authorization import authorize
from handoff_sandbox.rest.rendering import render_answer
from handoff_sandbox.rest.requested_fields import keep_requested_fields
from handoff_sandbox.rest.store_scope import apply_scope
from handoff_sandbox.shop import get_current_shop

Handler = Callable[..., object]
FlaskView = Callable[..., Response]


def endpoint(resource: str, *, starts_session: bool = True) -> Callable[[Handler], FlaskView]:
    """Return a decorator that makes a REST view of a function.

    The function returns JSON data or raises ShopError. `resource` is the right that callers need.
    `starts_session` says whether the call starts a PHP session in Magento and sends its cookie.
    """

    def decorate(handler: Handler) -> FlaskView:
        @wraps(handler)
        def view(scope: str | None = None, **path: object) -> Response:
            g.started = False
            try:
                apply_scope(scope)
                g.user = authorize(resource)
                data = keep_requested_fields(handler(**path))
            except ShopError as error:
                return build_error_response(error)
            g.started = g.started or starts_session
            return _build_response(data, 200)

        return view

    return decorate


def build_error_response(error: ShopError) -> Response:
    """Return an error as REST answers it."""
    g.started = getattr(g, "started", False) or error.starts_session
    return _build_response(error.serialize(), error.status)


def _build_response(data: object, status: int) -> Response:
    response = render_answer(data, status)
    response.headers["Cache-Control"] = "no-store"
    if g.started:
        shop = get_current_shop()
        # Nobody can use the session of a REST call, so there is only its cookie and no file.
        session_id = request.cookies.get("PHPSESSID")
        cookie = shop.cookies.build_session_cookie(shop.sessions.start(session_id).id)
        response.headers.add("Set-Cookie", cookie)
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def require_customer_user() -> TokenUser:
    """Return the customer who calls, or raise InputError if an administrator calls."""
    user = g.user
    if not isinstance(user, TokenUser) or not user.is_customer:
        raise InputError.build_for_missing_field("customerId")
    return user

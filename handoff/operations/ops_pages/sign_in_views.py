"""`/ops/login` and `/ops/logout`: starting and ending a session of the ops pages."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Flask, Response, make_response, redirect, render_template, request

from handoff.ledger.ops_sign_in_tries import OpsSignInTries, TryLimit
from handoff.operations.ops_pages.ops_sessions import OpsSessions
from handoff.operations.rate_limits import get_caller_network
from handoff.operations.request_limits import read_form_field
from handoff.operations.view_context import get_view_context, register_views

TRIES_PER_ADDRESS = TryLimit(5, seconds=300)
"""The wrong passwords that one address may send."""
TRIES_WITHOUT_ADDRESS = TryLimit(30, seconds=300)
"""The wrong passwords of all callers together whose address is not known."""
TRIES_IN_ALL = TryLimit(600, seconds=3600)
"""The wrong passwords of all callers together, which only very many addresses can send."""

MAX_QUERY_LENGTH = 200
"""Characters of the longest text that is searched; a link may be longer."""

_blueprint = Blueprint("ops_sign_in", __name__)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SignInContext:
    """The objects that the views for signing in work with."""

    sessions: OpsSessions
    tries: OpsSignInTries
    password: str
    secret_key: str

    def build_limits(self, address: str | None) -> dict[str, TryLimit]:
        """Return the limits by the keys of an address and of all addresses."""
        network = get_caller_network(address)
        limit = TRIES_PER_ADDRESS if network else TRIES_WITHOUT_ADDRESS
        return {self._hash(f"address:{network}"): limit, self._hash("all"): TRIES_IN_ALL}

    def is_password_correct(self, sent: str) -> bool:
        """Compare a password in a time that does not depend on it."""
        return hmac.compare_digest(self._hash(sent), self._hash(self.password))

    def _hash(self, text: str) -> str:
        return hmac.digest(self.secret_key.encode(), f"ops:{text}".encode(), "sha256").hex()


_get_context = partial(get_view_context, SignInContext)


def register_sign_in_views(app: Flask, context: SignInContext) -> None:
    """Add the views to an app."""
    register_views(app, _blueprint, context)


def redirect_to_page(path: str, **arguments: str) -> Response:
    """Return a redirect to one of the pages, without those arguments that are empty."""
    given = {name: value for name, value in arguments.items() if value}
    location = f"{path}?{urlencode(given)}" if given else path
    return make_response(redirect(location, HTTPStatus.SEE_OTHER))


@_blueprint.get("/ops/login")
def show_sign_in_form() -> Response:
    """Show the form, or the pages if there is a session already."""
    query = request.args.get("q", "")[:MAX_QUERY_LENGTH]
    if _get_context().sessions.has_session(request):
        return redirect_to_page("/ops/", q=query)
    return make_response(render_template("login.html", query=query))


@_blueprint.post("/ops/login")
def sign_in() -> Response:
    """Start a session if the password is right and there were not too many wrong ones."""
    context = _get_context()
    query = read_form_field("q")[:MAX_QUERY_LENGTH]
    limits = context.build_limits(request.remote_addr)
    wait = context.tries.count_try_or_get_wait(limits)
    if wait:
        return _render_refusal("too_many_tries", query, wait)
    if not context.is_password_correct(read_form_field("password")):
        return _render_refusal("wrong_password", query)
    context.tries.undo_try_count(limits)
    log.info("ops_signed_in", client=request.remote_addr)
    response = redirect_to_page("/ops/", q=query)
    context.sessions.start_session(response)
    return response


@_blueprint.post("/ops/logout")
def sign_out() -> Response:
    """End the session for all workers."""
    response = redirect_to_page("/ops/login")
    _get_context().sessions.end_session(request, response)
    log.info("ops_signed_out", client=request.remote_addr)
    return response


def _render_refusal(reason: str, query: str, wait: int = 0) -> Response:
    log.warning("ops_sign_in_refused", reason=reason, client=request.remote_addr)
    page = render_template("login.html", query=query, reason=reason, minutes=-(-wait // 60))
    status = HTTPStatus.TOO_MANY_REQUESTS if wait else HTTPStatus.FORBIDDEN
    response = make_response(page, status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response

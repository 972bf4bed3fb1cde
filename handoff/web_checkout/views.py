"""`/web-checkout.js` for the pages of the shop, and the addresses that it calls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qs

import structlog
from flask import Blueprint, Flask, Response, jsonify, request

from handoff.operations.rate_limits import RateLimit, get_caller_network
from handoff.operations.request_limits import read_body
from handoff.operations.view_context import get_view_context, register_views
from handoff.problems import NotFound, Problem
from handoff.settings.store_view_models import StoreSites
from handoff.web_checkout.order_messages import OrderMessages, OrderMessagesAnswer
from handoff.web_checkout.poq_script_cache import PoqScriptCache, PoqScriptCaller
from handoff.web_checkout.sent_to_cart_page import CartPageReports
from handoff.web_checkout_cookies import WebCheckoutCookies

_SCRIPT_LIFETIME = 600  # seconds that a browser uses the script without asking for a newer one
_ONE_YEAR = 31_536_000  # seconds
_MAX_FORM_BYTES = 1024
_PAGE_NAME = re.compile("[0-9a-f]{32}")

_blueprint = Blueprint("web_checkout", __name__)


@dataclass(frozen=True, slots=True)
class WebCheckoutContext:
    """The objects that the views of this package work with.

    `origins` are those of the shop's and this service's pages. `script` is `/web-checkout.js`.
    """

    script: str
    origins: frozenset[str]
    sites: StoreSites
    cookies: WebCheckoutCookies
    poq_scripts: PoqScriptCache
    reports: OrderMessages
    report_limit: RateLimit
    cart_pages: CartPageReports
    cart_page_limit: RateLimit


_get_context = partial(get_view_context, WebCheckoutContext)


def register_web_checkout_views(app: Flask, context: WebCheckoutContext) -> None:
    """Add the views of this package to an app."""
    register_views(app, _blueprint, context)


@_blueprint.get("/web-checkout.js")
def show_script() -> Response:
    """Return the script that the shop's pages load."""
    response = _build_script_response(_get_context().script, _SCRIPT_LIFETIME)
    response.add_etag()
    response.make_conditional(request)
    return response


@_blueprint.get("/web-checkout/poq.js")
def show_poq_script() -> Response:
    """Return Poq's own script in the version, and with the hash, that the app names."""
    version, integrity = request.args.get("version", ""), request.args.get("integrity", "")
    content = _get_context().poq_scripts.find_or_fetch_file(
        version, integrity, _identify_poq_script_caller()
    )
    if content is None:
        raise NotFound
    response = _build_script_response(content, _ONE_YEAR)
    # A script with `integrity` is only run from another host if that host lets everybody read it.
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@_blueprint.post("/web-checkout/session")
def renew_cookies() -> Response:
    """Prolong the web view's cookies, as the shop prolongs its session meanwhile."""
    context = _get_context()
    response = Response(status=HTTPStatus.NO_CONTENT)
    handoff_ids = _read_handoff_ids()
    if handoff_ids:
        site = context.sites.choose_by_host(request.host)
        for header in context.cookies.build_headers(handoff_ids, site):
            response.headers.add("Set-Cookie", header)
    return response


@_blueprint.post("/web-checkout/orders")
def claim_orders_for_page() -> Response:
    """Tell a page which orders it has to tell the app about."""
    context = _get_context()
    handoff_ids = _read_handoff_ids()
    report = OrderMessagesAnswer([], is_pending=False)
    if handoff_ids:
        structlog.contextvars.bind_contextvars(handoff=handoff_ids[0])
        context.report_limit.count_event_or_raise(handoff_ids[0])
        report = context.reports.claim_orders(handoff_ids, _read_page_name())
    return jsonify({"orders": report.orders, "pending": report.is_pending})


@_blueprint.post("/web-checkout/cart-page")
def report_cart_page() -> Response:
    """Note that the web view shows the shop's cart page in the place of checkout."""
    context = _get_context()
    handoff_ids = _read_handoff_ids()
    if handoff_ids and not context.cart_page_limit.count_event(handoff_ids[0]):
        structlog.contextvars.bind_contextvars(handoff=handoff_ids[0])
        context.cart_pages.record(handoff_ids[0])
    return Response(status=HTTPStatus.NO_CONTENT)


@_blueprint.after_request
def add_cors_headers(response: Response) -> Response:
    """Allow the shop's own pages to read an answer, if this service is on another host."""
    if request.method == "POST" and _is_from_shop():
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Vary"] = "Origin"
    return response


@_blueprint.errorhandler(Problem)
def show_problem(problem: Problem) -> Response:
    """Return the problem's status and code; the script tries again later."""
    structlog.contextvars.bind_contextvars(code=problem.code)
    response = jsonify({"code": problem.code})
    response.status_code = problem.status
    return response


def _is_from_shop() -> bool:
    return request.headers.get("Origin", "").lower() in _get_context().origins


def _read_handoff_ids() -> list[str]:
    """Return the handoffs of the cookie; none if another website's page has sent the request."""
    return _read_cookie() if _is_from_shop() else []


def _read_cookie() -> list[str]:
    context = _get_context()
    return context.cookies.read_handoff_ids(
        request.cookies, context.sites.choose_by_host(request.host)
    )


def _identify_poq_script_caller() -> PoqScriptCaller:
    # A browser sends no Origin for a script of the same host. If this service is beside the shop,
    # it sends no cookie for a script with crossorigin="anonymous".
    handoff_ids = _read_cookie()
    if handoff_ids:
        return PoqScriptCaller(handoff_ids[0], is_shopper=True)
    return PoqScriptCaller(get_caller_network(request.remote_addr), is_shopper=False)


def _read_page_name() -> str | None:
    """Return the name that the page has given itself; None if it cannot reach the app."""
    fields = parse_qs(read_body(_MAX_FORM_BYTES).decode("ascii", errors="replace"))
    name = fields.get("page", [""])[0]
    return name if _PAGE_NAME.fullmatch(name) else None


def _build_script_response(content: str | bytes, lifetime: int) -> Response:
    response = Response(content, mimetype="text/javascript")
    response.headers["Cache-Control"] = f"public, max-age={lifetime}"
    return response

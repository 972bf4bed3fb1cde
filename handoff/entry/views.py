"""`GET /h/<token>` shows the entry page; `POST` uses the link and redirects to checkout."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import structlog
from flask import Blueprint, Flask, Request, Response, request

from handoff.entry import result_pages
from handoff.entry.checkout_redirect import CheckoutRedirect
from handoff.entry.page_rendering import PageRenderer
from handoff.entry.result_pages import ResultPage
from handoff.entry.shop_cookies import build_cookie_expiry_headers
from handoff.entry.web_view_id_cookies import WebViewCookies, read_web_view_cookies
from handoff.ledger.handoff_repository import HandoffRepository
from handoff.ledger.models import Handoff, LinkState
from handoff.operations.rate_limits import RateLimit, get_caller_network
from handoff.operations.request_limits import read_form_field
from handoff.operations.view_context import get_view_context, register_views
from handoff.problems import LedgerUnavailable, RecordUnreadable
from handoff.settings import Settings
from handoff.settings.store_view_models import StoreSite, StoreSites
from handoff.web_view_link import APP_VISIT_HEADER, LinkTokens

_blueprint = Blueprint("entry", __name__)


@dataclass(frozen=True, slots=True)
class EntryContext:
    """The objects that the views of this package work with."""

    settings: Settings
    sites: StoreSites
    handoffs: HandoffRepository
    link_tokens: LinkTokens
    pages: PageRenderer
    checkout: CheckoutRedirect
    unknown_link_limit: RateLimit

    @property
    def is_paused(self) -> bool:
        """Whether no link can be used now."""
        return self.settings.paused

    @property
    def cookie_lifetime(self) -> int:
        """The seconds for which a web view may use its link."""
        return self.settings.link_ttl + self.settings.reopen_grace


_get_context = partial(get_view_context, EntryContext)


def register_entry_views(app: Flask, context: EntryContext) -> None:
    """Add the views of links to an app."""
    register_views(app, _blueprint, context)
    # The list of public suffixes takes 0.1 s to read, so read it before the first shopper comes.
    for site in context.sites.all:
        build_cookie_expiry_headers(site)


@_blueprint.before_request
def show_paused_page() -> Response | None:
    """Answer every request with the same result page while the service is paused."""
    return _show_try_again_page(result_pages.PAUSED) if _get_context().is_paused else None


@_blueprint.get("/h/<token>")
def show_entry_page(token: str) -> Response:
    """Show the page that posts itself. Opening it any number of times changes nothing."""
    handoff_id = _read_and_log_handoff_id(token)
    handoff = None if handoff_id is None else _get_context().handoffs.find(handoff_id)
    if handoff is None:
        return _count_and_refuse_unknown_link()
    return _show_entry_page_or_refuse(handoff, token, _read_cookies_for_handoff(handoff))


@_blueprint.post("/h")
def use_link_from_form() -> Response:
    """Use the link whose token is in the form, as apps with the form style send it."""
    return _use_link(read_form_field("token"), needs_cookie=False)


@_blueprint.post("/h/<token>")
def use_link(token: str) -> Response:
    """Use the link for this web view: write a new shop session and redirect to checkout."""
    # The page that posts here has set a cookie. A web view without it could never come back, and
    # checkout would be empty.
    return _use_link(token, needs_cookie=True)


def _use_link(token: str, *, needs_cookie: bool) -> Response:
    context = _get_context()
    handoff_id = _read_and_log_handoff_id(token)
    if handoff_id is None:
        return _count_and_refuse_unknown_link()
    # The request does not say which store view the link is for. So the UPDATE has the origin of
    # the link as a condition, once for each origin of the service; most services have one.
    for site in context.sites.first_of_each_origin:
        if is_from_another_site(request, site.public_origin):
            continue
        cookies = _read_cookies(handoff_id, site)
        hashes = cookies.hashes if cookies.has_sent_any or not needs_cookie else []
        other_stores = context.sites.list_store_codes_of_other_origins(site.public_origin)
        used = context.handoffs.use_link(handoff_id, hashes, other_stores=other_stores)
        if used is not None:
            return _open_checkout(used, cookies)
    return _explain_unused_link(handoff_id, token, needs_cookie=needs_cookie)


def _open_checkout(used: Handoff, cookies: WebViewCookies) -> Response:
    context = _get_context()
    # Sites of one origin can have different paths and checkouts.
    cookies = replace(cookies, site=context.sites.choose_by_code(used.store_code))
    if used.reopen_count:
        ordered_page = context.checkout.find_ordered_page(used, cookies)
        if ordered_page is not None:
            return ordered_page
    return context.checkout.provide_session_and_redirect(used, cookies)


def _explain_unused_link(handoff_id: str, token: str, *, needs_cookie: bool) -> Response:
    """Return the page for a POST that has not used its link."""
    context = _get_context()
    handoff = context.handoffs.find(handoff_id)
    if handoff is None:
        return _count_and_refuse_unknown_link()
    cookies = _read_cookies_for_handoff(handoff)
    if is_from_another_site(request, cookies.site.public_origin):
        # Another website must not use the link for the shopper. The shopper can use it with a tap.
        return _show_entry_page_or_refuse(handoff, token, cookies)
    if needs_cookie and handoff.state is LinkState.LIVE and not cookies.has_sent_any:
        response = context.pages.render_result_page(result_pages.COOKIES_BLOCKED, handoff, token)
        cookies.set_cookies(response)
        return response
    return context.checkout.render_refusal(handoff, cookies)


@_blueprint.errorhandler(LedgerUnavailable)
def show_ledger_unavailable(_error: LedgerUnavailable) -> Response:
    """Ask the shopper to try again. Without the ledger, no link can be used."""
    return _show_try_again_page(result_pages.UNAVAILABLE)


@_blueprint.errorhandler(RecordUnreadable)
def show_record_unreadable(_error: RecordUnreadable) -> Response:
    """Send the shopper back to the app. Trying this link again does not help."""
    return _get_context().pages.render_result_page(result_pages.FAULT)


def is_from_another_site(request: Request, *own_origins: str) -> bool:
    """Return whether another website started this navigation.

    Without this check, a website could send somebody into checkout as another shopper. A request
    of the app itself has none of these headers, or `Origin: null`.
    """
    if request.headers.get("Sec-Fetch-Site", "").lower() == "cross-site":
        return True
    if request.method != "POST":
        return False
    origin = request.headers.get("Origin", "null").lower()
    return origin not in ("null", *own_origins)


def _read_and_log_handoff_id(token: str) -> str | None:
    """Return the id in a link's token, and name it in the log; None for an unknown link."""
    handoff_id = _get_context().link_tokens.read_handoff_id(token)
    if handoff_id is not None:
        structlog.contextvars.bind_contextvars(handoff=handoff_id)
    return handoff_id


def _read_cookies_for_handoff(handoff: Handoff) -> WebViewCookies:
    return _read_cookies(handoff.id, _get_context().sites.choose_by_code(handoff.store_code))


def _read_cookies(handoff_id: str, site: StoreSite) -> WebViewCookies:
    lifetime = _get_context().cookie_lifetime
    return read_web_view_cookies(request, handoff_id, site, lifetime=lifetime)


def _show_entry_page_or_refuse(handoff: Handoff, token: str, cookies: WebViewCookies) -> Response:
    context = _get_context()
    is_live = handoff.state is LinkState.LIVE
    if not is_live and not context.handoffs.can_reopen_link(handoff, cookies.hashes):
        return context.checkout.render_refusal(handoff, cookies)
    asks_first = _is_opened_outside_app(handoff) or is_from_another_site(
        request, cookies.site.public_origin
    )
    response = context.pages.render_entry_page(handoff, token, asks_first=asks_first)
    cookies.set_cookies(response)
    return response


def _is_opened_outside_app(handoff: Handoff) -> bool:
    """Return whether the app has not opened this page, if the settings ask for the difference."""
    context = _get_context()
    proof = request.headers.get(APP_VISIT_HEADER, "")
    is_required = context.settings.tap_outside_app
    return is_required and not context.link_tokens.is_app_proof_valid(handoff.id, proof)


def _count_and_refuse_unknown_link() -> Response:
    """Count an unknown link. Known links are never counted: many phones share an address."""
    wait = _get_context().unknown_link_limit.count_event(get_caller_network(request.remote_addr))
    page = replace(result_pages.TOO_MANY, retry_after=wait) if wait else result_pages.UNKNOWN
    return _get_context().pages.render_result_page(page)


def _show_try_again_page(page: ResultPage) -> Response:
    """Show a page with a button to try again, without reading the ledger."""
    context = _get_context()
    token = (request.view_args or {}).get("token") or read_form_field("token")
    handoff_id = _read_and_log_handoff_id(token)
    # The button would skip the question that the entry page asks after another website's link.
    if handoff_id is None or is_from_another_site(request, *context.sites.origins):
        return context.pages.render_result_page(page)
    response = context.pages.render_result_page(page, token=token)
    # The button posts, and a POST needs the cookie.
    _read_cookies(handoff_id, context.sites.choose_by_host(request.host)).set_cookies(response)
    return response

"""`GET /h/<token>`: the entry page. `POST`: spends the link, binds the quote, sends to checkout."""

from __future__ import annotations

from dataclasses import replace

import structlog
from flask import Blueprint, Response, g, request
from gunicorn.http.errors import ParseException

from handoff.entry import result_pages
from handoff.entry.checkout_redirect import find_order, redirect_to_checkout, refuse_entry
from handoff.entry.cross_site import is_from_another_site
from handoff.entry.page_rendering import render_entry_page, render_result_page
from handoff.entry.result_pages import ResultPage
from handoff.entry.web_view_cookies import WebViewCookies, read_web_view_cookies
from handoff.ledger import Handoff, LinkState
from handoff.operations.rate_limits import network_of
from handoff.problems import LedgerUnavailable
from handoff.services import services

entry_blueprint = Blueprint("entry", __name__)

_MAX_FORM = 4096  # bytes


@entry_blueprint.before_request
def keep_out_while_paused() -> Response | None:
    """Let nobody in while the service is paused, and spend nothing."""
    return try_again_page(result_pages.PAUSED) if services().settings.paused else None


@entry_blueprint.get("/h/<token>")
def show(token: str) -> Response:
    """Show what is happening, in a page that posts itself. Changes nothing, however often."""
    row = _find(token)
    if row is None:
        return _no_such_link()
    openers = read_web_view_cookies(request, row.id, services().places.find_by_code(row.store_code))
    return render_entry_page(row, token, openers) if _may_enter(row, openers) else refuse_entry(row)


@entry_blueprint.post("/h")
def enter_by_form() -> Response:
    """Spend the link whose token stands in the form body, as the form style's app sends it."""
    return enter(_posted_token())


@entry_blueprint.post("/h/<token>")
def enter(token: str) -> Response:
    """Let one web view in: a new session of the shop with the quote, and on to checkout."""
    row = _find(token)
    if row is None:
        return _no_such_link()
    place = services().places.find_by_code(row.store_code)
    openers = read_web_view_cookies(request, row.id, place)
    if is_from_another_site(request, place.public_origin):
        # Whoever sent the shopper here does not spend the link; the shopper may, with a tap.
        return (
            render_entry_page(row, token, openers)
            if _may_enter(row, openers)
            else refuse_entry(row)
        )
    spent = services().ledger.spend(row.id, openers.hashes)
    if spent is None:
        return refuse_entry(_find(token) or row)
    if spent.reopen_count and find_order(spent) is not None:
        return render_result_page(result_pages.ORDERED, row)
    return redirect_to_checkout(spent, openers)


@entry_blueprint.errorhandler(LedgerUnavailable)
def ledger_unavailable(_error: LedgerUnavailable) -> Response:
    """Say that it is worth trying again; nothing has been spent that was not written."""
    return try_again_page(result_pages.UNAVAILABLE)


def try_again_page(ending: ResultPage) -> Response:
    """Answer with an ending that may pass, without asking the ledger what the link is good for."""
    token = (request.view_args or {}).get("token") or _posted_token()
    is_ours = services().links.read(token) is not None
    # The page that asks whom another website has sent is not to be skipped.
    may_try = is_ours and not is_from_another_site(request, *services().places.origins)
    return render_result_page(ending, token=token if may_try else None)


def _posted_token() -> str:
    request.max_content_length = _MAX_FORM
    try:
        return request.form.get("token", "")
    except (OSError, ParseException):  # gunicorn's, for pieces that cannot be put together
        return ""


def _find(token: str) -> Handoff | None:
    handoff_id = services().links.read(token)
    if handoff_id is None:
        return None
    structlog.contextvars.bind_contextvars(handoff=handoff_id)
    g.handoff_id = handoff_id  # for a page that is shown where the ledger cannot be read
    return services().ledger.find(handoff_id)


def _no_such_link() -> Response:
    """Count who shows links that do not exist. Phones of one carrier share an address, so those
    that do exist are never counted or refused.
    """
    wait = services().unknown_link_limit.hit(network_of(request.remote_addr))
    return render_result_page(
        replace(result_pages.TOO_MANY, retry_after=wait) if wait else result_pages.UNKNOWN
    )


def _may_enter(row: Handoff, openers: WebViewCookies) -> bool:
    ledger = services().ledger
    return row.state is LinkState.LIVE or ledger.may_reopen(row, openers.hashes)

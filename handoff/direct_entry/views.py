"""`POST /enter`: the web view posts a quote, and checkout opens in the same request.

A guest's masked id, or a customer's token with a quote, already gives full access to the quote in
Magento. So there is no API key, and a valid quote may be posted again. Each post creates a new
handoff that supersedes the last one. The posts of one quote are limited. Posts with quotes or
tokens that the shop does not know are limited by client address.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus

import structlog
from flask import Blueprint, Flask, Response, make_response, redirect, request

from handoff.entry import result_pages
from handoff.entry.views import EntryContext, is_from_another_site
from handoff.entry.web_view_id_cookies import read_web_view_cookies
from handoff.ledger.models import Handoff
from handoff.operations.rate_limits import RateLimit, get_caller_network
from handoff.operations.request_limits import read_body
from handoff.operations.view_context import get_view_context, register_views
from handoff.problems import (
    CustomerTokenRejected,
    LedgerUnavailable,
    Paused,
    Problem,
    QuoteNotFound,
    QuoteOrdered,
    TooManyRequests,
    UnsupportedMediaType,
)
from handoff.transfer.quote_resolver import has_valid_quote_id
from handoff.transfer.request_parser import MAX_FORM_BYTES, QuoteTransfer, parse_quote_form
from handoff.transfer.transfer_service import TransferService

_blueprint = Blueprint("direct", __name__)
log = structlog.get_logger()

_MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class DirectEntryContext:
    """The objects that the view of this package works with."""

    entry: EntryContext
    transfers: TransferService
    refused_entry_limit: RateLimit
    quote_limit: RateLimit


_get_context = partial(get_view_context, DirectEntryContext)


def register_direct_entry_views(app: Flask, context: DirectEntryContext) -> None:
    """Add `/enter` to an app."""
    register_views(app, _blueprint, context)


@_blueprint.post("/enter")
def enter_directly() -> Response:
    """Transfer the posted quote, use its link for this web view and redirect to checkout."""
    context = _get_context()
    entry = context.entry
    if entry.is_paused:
        raise Paused
    if is_from_another_site(request, *entry.sites.origins):
        # A page that waits for a tap would have to hold the credentials, and no page may.
        return entry.pages.render_result_page(result_pages.FORCED)
    wait = context.refused_entry_limit.get_retry_after(get_caller_network(request.remote_addr))
    if wait:
        raise TooManyRequests(retry_after=wait)
    transfer = _read_transfer()
    context.quote_limit.count_event_or_raise(f"{transfer.quote_id.lower()} {transfer.token}")
    handoff = context.transfers.issue_or_renew_handoff(transfer)
    context.quote_limit.count_event_or_raise(f"{handoff.kind} {handoff.quote_number}")
    return _use_link_at_once(transfer, handoff)


def _use_link_at_once(transfer: QuoteTransfer, handoff: Handoff) -> Response:
    """Use the link of a handoff that this request has just created or found."""
    context = _get_context()
    entry = context.entry
    for attempt in range(_MAX_ATTEMPTS):
        if attempt:
            handoff = context.transfers.issue_or_renew_handoff(transfer)
        structlog.contextvars.bind_contextvars(handoff=handoff.id)
        site = entry.sites.choose_by_code(handoff.store_code)
        if len(entry.sites.origins) > 1 and request.host != site.public_parts.netloc:
            return _redirect_to_link(handoff)  # only that host can set the session cookie
        cookies = read_web_view_cookies(request, handoff.id, site, lifetime=entry.cookie_lifetime)
        used = entry.handoffs.use_link(handoff.id, cookies.hashes)
        if used is not None:
            return entry.checkout.provide_session_and_redirect(used, cookies)
        # A simultaneous equal request got the same handoff and used its link first. This request
        # had the same credentials, and the web view may show its answer. So try again.
    return entry.checkout.render_refusal(entry.handoffs.find(handoff.id) or handoff, cookies)


@_blueprint.errorhandler(Problem)
def show_problem(problem: Problem) -> Response:
    """Show the result page for a problem, and write the problem's code to the log.

    A quote or a token that the shop does not know counts for the limit of the client address.
    """
    context = _get_context()
    structlog.contextvars.bind_contextvars(code=problem.code)
    if isinstance(problem, CustomerTokenRejected | QuoteNotFound):
        context.refused_entry_limit.count_event(get_caller_network(request.remote_addr))
    if isinstance(problem, QuoteOrdered) and problem.quote_number is not None:
        ordered_page = _find_ordered_page(problem.quote_number)
        if ordered_page is not None:
            return ordered_page
    page = result_pages.choose_page_for_problem(problem)
    if problem.retry_after is not None:
        page = replace(page, retry_after=problem.retry_after)
    if page.code in (result_pages.TRY_LATER.code, result_pages.REFUSED.code):
        log.warning("direct_entry_failed", detail=problem.detail)
    return context.entry.pages.render_result_page(page)


def _find_ordered_page(quote_number: int) -> Response | None:
    """Return the page of an ordered quote with which this web view has entered checkout before."""
    entry = _get_context().entry
    site = entry.sites.choose_by_host(request.host)
    entered_ids = entry.checkout.web_checkout_cookies.read_handoff_ids(request.cookies, site)
    try:
        found = [entry.handoffs.find(handoff_id) for handoff_id in entered_ids]
    except LedgerUnavailable:  # it is logged, and the page without a number says enough
        return None
    handoff = next((each for each in found if each and each.quote_number == quote_number), None)
    if handoff is None:
        return None
    structlog.contextvars.bind_contextvars(handoff=handoff.id)
    cookies = read_web_view_cookies(request, handoff.id, site, lifetime=entry.cookie_lifetime)
    return entry.checkout.find_ordered_page(handoff, cookies)


def _redirect_to_link(handoff: Handoff) -> Response:
    entry = _get_context().entry
    site = entry.sites.choose_by_code(handoff.store_code)
    link = f"{site.public_url}/h/{entry.link_tokens.create_token(handoff.id)}"
    return make_response(redirect(link, HTTPStatus.SEE_OTHER))


def _read_transfer() -> QuoteTransfer:
    if request.mimetype != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType
    transfer = parse_quote_form(read_body(MAX_FORM_BYTES))
    # Anybody can post here, so neither ledger nor shop gets a request with an impossible id.
    if not has_valid_quote_id(transfer):
        raise QuoteNotFound
    return transfer

"""`POST /enter`: a quote comes in a form, is looked at like a transfer's, and bound at once.

Who knows a guest's masked id, or a customer's token and quote, may do with the quote what they
like in the shop anyway. So no key is asked for, and coming again is not limited: each time proves
the same again, makes a handoff of its own, and supersedes the one before. Limited is only how
often what is no quote or token of anybody's may be tried from one address.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

import structlog
from flask import Blueprint, Response, make_response, redirect, request

from handoff.direct_entry.problem_pages import result_page_for
from handoff.entry import result_pages
from handoff.entry.checkout_redirect import redirect_to_checkout, refuse_entry
from handoff.entry.cross_site import is_from_another_site
from handoff.entry.page_rendering import render_result_page
from handoff.entry.web_view_cookies import read_web_view_cookies
from handoff.ledger import Handoff
from handoff.operations.rate_limits import network_of
from handoff.operations.request_body import read_body
from handoff.problems import (
    CustomerTokenRejected,
    Problem,
    QuoteNotFound,
    TooManyRequests,
    UnsupportedMediaType,
)
from handoff.services import services
from handoff.transfer.quote_resolver import has_valid_quote_id
from handoff.transfer.request_parser import MAX_FORM_BYTES, QuoteTransfer, parse_quote_form

direct_entry_blueprint = Blueprint("direct", __name__)
log = structlog.get_logger()

_TRIES = 3


@direct_entry_blueprint.before_request
def keep_out_while_paused() -> Response | None:
    """Let nobody in while the service is paused, and ask the shop nothing."""
    return render_result_page(result_pages.PAUSED) if services().settings.paused else None


@direct_entry_blueprint.post("/enter")
def enter_directly() -> Response:
    """Let a web view in that shows the quote's own credentials."""
    if is_from_another_site(request, *services().places.origins):
        # There is no link that could wait for a tap, and a page must not hold credentials.
        return render_result_page(result_pages.FORCED)
    wait = services().refused_entry_limit.retry_after(network_of(request.remote_addr))
    if wait:
        raise TooManyRequests(retry_after=wait)
    asked = _asked()
    for _ in range(_TRIES):
        row = services().transfers.create_handoff(asked)
        structlog.contextvars.bind_contextvars(handoff=row.id)
        if not _is_on_its_host(row):
            return _to_its_host(row)
        openers = read_web_view_cookies(
            request, row.id, services().places.find_by_code(row.store_code)
        )
        spent = services().ledger.spend(row.id, openers.hashes)
        if spent is not None:
            return redirect_to_checkout(spent, openers)
        # An equal request shared this handoff and was faster. This one has proven as much, and
        # its answer may be the one that the web view shows.
    return refuse_entry(services().ledger.find(row.id) or row)


@direct_entry_blueprint.errorhandler(Problem)
def no_handoff(problem: Problem) -> Response:
    """Tell the shopper what is in the way, and the log its code."""
    structlog.contextvars.bind_contextvars(code=problem.code)
    if isinstance(problem, CustomerTokenRejected | QuoteNotFound):
        services().refused_entry_limit.hit(network_of(request.remote_addr))
    ending = result_page_for(problem)
    if problem.retry_after is not None:
        ending = replace(ending, retry_after=problem.retry_after)
    if ending.code in (result_pages.TRY_LATER.code, result_pages.REFUSED.code):
        log.warning("direct_entry_failed", detail=problem.detail)
    return render_result_page(ending)


def _is_on_its_host(row: Handoff) -> bool:
    """Say whether cookies for the store's host can be set from where the web view is."""
    places = services().places
    return (
        len(places.origins) == 1
        or request.host == places.find_by_code(row.store_code).public_parts.netloc
    )


def _to_its_host(row: Handoff) -> Response:
    place = services().places.find_by_code(row.store_code)
    link = f"{place.public_url}/h/{services().links.token(row.id)}"
    return make_response(redirect(link, HTTPStatus.SEE_OTHER))


def _asked() -> QuoteTransfer:
    if request.mimetype != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType
    asked = parse_quote_form(read_body(MAX_FORM_BYTES))
    # Anybody can post here: neither ledger nor shop is bothered with what cannot be one's id.
    if not has_valid_quote_id(asked):
        raise QuoteNotFound
    return asked

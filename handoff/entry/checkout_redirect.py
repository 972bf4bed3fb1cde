"""Letting a web view in whose handoff has been spent, and turning away whose cannot be."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from flask import Response, make_response, redirect, request

from handoff.deadline import Deadline
from handoff.entry import result_pages
from handoff.entry.page_rendering import render_result_page
from handoff.entry.result_pages import ResultPage
from handoff.entry.shop_cookies import set_shop_cookies
from handoff.entry.web_view_cookies import WebViewCookies
from handoff.ledger import Handoff, LinkState
from handoff.magento.orders import Order
from handoff.problems import Busy, LedgerUnavailable, ShopTimeout, ShopUnavailable
from handoff.services import services
from handoff.shop_session import SessionStoreError, create_session
from handoff.shop_session.contents import build_session_contents

log = structlog.get_logger()

_ASKING_FOR_AN_ORDER = 3.0  # seconds; the shopper is looking at a blank page meanwhile
_ENDINGS = {
    LinkState.EXPIRED: result_pages.EXPIRED,
    LinkState.USED: result_pages.USED,
    LinkState.SUPERSEDED: result_pages.SUPERSEDED,
}


def redirect_to_checkout(spent: Handoff, openers: WebViewCookies) -> Response:
    """Bind the quote of a handoff that these openers have spent, and send them to checkout.

    Whatever fails here may be tried again, by a link in the page and the openers' cookies.
    """
    response = _bound(spent)
    openers.hand_over(
        response, services().places.find_by_code(spent.store_code), services().settings
    )
    return response


def refuse_entry(row: Handoff) -> Response:
    """Answer somebody who may not enter, with the ending that fits."""
    state = row.state
    if state is LinkState.USED and find_order(row) is not None:
        return render_result_page(result_pages.ORDERED, row)
    ending = _ENDINGS.get(state, result_pages.EXPIRED)
    return render_result_page(ending, row)


def find_order(row: Handoff) -> Order | None:
    """Ask the shop whether the quote has become an order, where it may be asked."""
    orders = services().orders
    if orders is None:
        return None
    try:
        # A thread that waited for a place would keep shoppers with good links waiting as well.
        with services().shop_limit.slot(0):
            return orders.find_order(
                row.quote_number, deadline=Deadline.within_request(_ASKING_FOR_AN_ORDER)
            )
    except (Busy, ShopUnavailable, ShopTimeout) as problem:
        log.warning("order_not_known", code=problem.code)
        return None


def _bound(row: Handoff) -> Response:
    try:
        session_id = create_session(
            services().sessions, build_session_contents(row, services().settings.store_views)
        )
    except SessionStoreError as error:
        log.error("session_store_unavailable", reason=str(error))
        return _not_bound(row, result_pages.UNAVAILABLE)
    except Exception as error:
        log.exception("not_bound", error=type(error).__name__)
        return _not_bound(row, result_pages.FAULT)
    place = services().places.find_by_code(row.store_code)
    response = make_response(redirect(place.landing_url, HTTPStatus.SEE_OTHER))
    set_shop_cookies(response, session_id, request.cookies, place)
    return response


def _not_bound(row: Handoff, ending: ResultPage) -> Response:
    try:
        if not row.reopen_count:  # else a session stands already, and the grace runs
            services().ledger.unbound(row.id)
    except LedgerUnavailable:
        # Its opener may come back all the same, if only within the grace.
        log.error("binding_not_taken_back")
    return render_result_page(ending, row, services().links.token(row.id))

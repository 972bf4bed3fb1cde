"""Letting a web view in whose handoff has been spent, and turning away whose cannot be."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from flask import Response, make_response, redirect, request

from handoff.binding import binding_of
from handoff.deadline import Deadline
from handoff.entry import endings
from handoff.entry.endings import Ending
from handoff.entry.opener import Openers
from handoff.entry.pages import ending_page
from handoff.entry.shop_cookies import enter_session
from handoff.errors import LedgerUnavailable, ShopTimeout, ShopUnavailable
from handoff.ledger import Handoff, State
from handoff.magento.orders import Order
from handoff.services import services
from handoff.session import SessionStoreError, bind

log = structlog.get_logger()

_ASKING_FOR_AN_ORDER = 3.0  # seconds; the shopper is looking at a blank page meanwhile
_ENDINGS = {
    State.EXPIRED: endings.EXPIRED,
    State.USED: endings.USED,
    State.SUPERSEDED: endings.SUPERSEDED,
}


def let_in(spent: Handoff, openers: Openers) -> Response:
    """Bind the quote of a handoff that these openers have spent, and send them to checkout.

    Whatever fails here may be tried again, by a link in the page and the openers' cookies.
    """
    response = _bound(spent)
    openers.hand_over(response, services().places.of_code(spent.store), services().settings)
    return response


def turn_away(row: Handoff) -> Response:
    """Answer somebody who may not enter, with the ending that fits."""
    state = row.state
    if state is State.USED and order_of(row) is not None:
        return ending_page(endings.ORDERED, row)
    ending = _ENDINGS.get(state, endings.EXPIRED)
    return ending_page(ending, row)


def order_of(row: Handoff) -> Order | None:
    """Ask the shop whether the quote has become an order, where it may be asked."""
    orders = services().orders
    if orders is None:
        return None
    try:
        return orders.of_quote(
            row.quote_number, deadline=Deadline.within_request(_ASKING_FOR_AN_ORDER)
        )
    except (ShopUnavailable, ShopTimeout) as problem:
        log.warning("order_not_known", code=problem.code)
        return None


def _bound(row: Handoff) -> Response:
    try:
        session_id = bind(services().sessions, binding_of(row, services().settings.store_views))
    except SessionStoreError as error:
        log.error("session_store_unavailable", reason=str(error))
        return _not_bound(row, endings.UNAVAILABLE)
    except Exception as error:
        log.exception("not_bound", error=type(error).__name__)
        return _not_bound(row, endings.FAULT)
    place = services().places.of_code(row.store)
    response = make_response(redirect(place.landing_url, HTTPStatus.SEE_OTHER))
    enter_session(response, session_id, request.cookies, place)
    return response


def _not_bound(row: Handoff, ending: Ending) -> Response:
    try:
        if not row.reopened:  # else a session stands already, and the grace runs
            services().ledger.unbound(row.id)
    except LedgerUnavailable:
        # Its opener may come back all the same, if only within the grace.
        log.error("binding_not_taken_back")
    return ending_page(ending, row, services().links.token(row.id))

"""`GET /h/<token>`: the entry page. `POST`: spends the link, binds the quote, sends to checkout."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from flask import Blueprint, Response, g, make_response, redirect, render_template, request

from handoff.entry import endings
from handoff.entry.endings import Ending
from handoff.entry.languages import prefer
from handoff.entry.navigation import from_another_site
from handoff.entry.opener import Openers, openers_of
from handoff.entry.shop_cookies import enter_session
from handoff.errors import LedgerUnavailable, ShopTimeout, ShopUnavailable
from handoff.ledger import Handoff, State
from handoff.magento.deadline import Deadline
from handoff.magento.orders import Order
from handoff.services import services
from handoff.session import Binding, Login, SessionStoreError, bind

entry = Blueprint("entry", __name__)
log = structlog.get_logger()

_ASKING_FOR_AN_ORDER = 3.0  # seconds; the shopper is looking at a blank page meanwhile
_MAX_FORM = 4096  # bytes
_ENDINGS = {
    State.EXPIRED: endings.EXPIRED,
    State.USED: endings.USED,
    State.SUPERSEDED: endings.SUPERSEDED,
}


@entry.get("/h/<token>")
def show(token: str) -> Response:
    """Show what is happening, in a page that posts itself. Changes nothing, however often."""
    row = _find(token)
    if row is None:
        return ending_page(endings.UNKNOWN)
    openers = openers_of(request, row.id)
    if _may_enter(row, openers):
        return _waiting_page(row, token, openers)
    return _refusal(row, openers)


@entry.post("/h")
def enter_by_form() -> Response:
    """Spend the link whose token stands in the form body, as the form style's app sends it."""
    request.max_content_length = _MAX_FORM
    return enter(request.form.get("token", ""))


@entry.post("/h/<token>")
def enter(token: str) -> Response:
    """Let one web view in: a new session of the shop with the quote, and on to checkout."""
    row = _find(token)
    if row is None:
        return ending_page(endings.UNKNOWN)
    openers = openers_of(request, row.id)
    if from_another_site(request, services().settings):
        # Whoever sent the shopper here does not spend the link; the shopper may, with a tap.
        may_enter = _may_enter(row, openers)
        return _waiting_page(row, token, openers) if may_enter else _refusal(row, openers)
    spent = services().ledger.spend(row.id, openers.hashes)
    if spent is None:
        return _refusal(_find(token) or row, openers)
    if spent.bound_at is not None and _order_of(spent) is not None:
        return ending_page(endings.ORDERED, row)
    response = _let_in(spent, token)
    openers.hand_over(response, services().settings)
    return response


@entry.errorhandler(LedgerUnavailable)
def ledger_unavailable(_error: LedgerUnavailable) -> Response:
    """Say that it is worth trying again; nothing has been spent that was not written."""
    token = (request.view_args or {}).get("token") or request.form.get("token", "")
    is_ours = services().links.read(token) is not None
    return ending_page(endings.UNAVAILABLE, token=token if is_ours else None)


def ending_page(ending: Ending, row: Handoff | None = None, token: str | None = None) -> Response:
    """Answer with one of the endings; `token` lets the page try again."""
    structlog.contextvars.bind_contextvars(ending=ending.code)
    _speak_as(row)
    handoff_id = row.id if row else g.get("handoff_id", "")
    response = _page("ending.html", ending=ending, code=handoff_id[:8], token=token)
    response.status_code = ending.status
    if ending.retry:
        response.headers["Retry-After"] = "5"
    return response


def _find(token: str) -> Handoff | None:
    handoff_id = services().links.read(token)
    if handoff_id is None:
        return None
    structlog.contextvars.bind_contextvars(handoff=handoff_id)
    g.handoff_id = handoff_id  # for a page that is shown where the ledger cannot be read
    return services().ledger.find(handoff_id)


def _may_enter(row: Handoff, openers: Openers) -> bool:
    ledger = services().ledger
    return ledger.state(row) is State.LIVE or ledger.may_reopen(row, openers.hashes)


def _let_in(row: Handoff, token: str) -> Response:
    """Bind the quote of a link that has been spent. Whatever fails here may be tried again."""
    try:
        session_id = bind(services().sessions, _binding(row))
    except SessionStoreError as error:
        log.error("session_store_unavailable", reason=str(error))
        return ending_page(endings.UNAVAILABLE, row, token)
    except Exception as error:
        log.exception("not_bound", error=type(error).__name__)
        return ending_page(endings.FAULT, row, token)
    try:
        services().ledger.bound(row.id)
    except LedgerUnavailable:
        # The session stands. Unrecorded, its opener may come back for as long as the link
        # lives, which harms nobody; turning the shopper away would.
        log.error("binding_not_recorded")
    settings = services().settings
    response = make_response(redirect(settings.checkout_url, HTTPStatus.SEE_OTHER))
    enter_session(response, session_id, request.cookies, settings)
    return response


def _binding(row: Handoff) -> Binding:
    store = services().settings.store_views.by_code(row.store)
    if store is None:
        raise LookupError("the handoff's store view is no longer in HANDOFF_STORES")
    login = None
    if row.customer_id is not None:
        login = Login(row.customer_id, row.customer_group_id or 0)
    return Binding(row.quote_number, store.website_id, store.website_code, login)


def _refusal(row: Handoff, openers: Openers) -> Response:
    """Answer somebody who may not enter, with the ending that fits."""
    state = services().ledger.state(row)
    if state is State.USED and _order_of(row) is not None:
        return ending_page(endings.ORDERED, row)
    ending = _ENDINGS.get(state, endings.EXPIRED)
    return ending_page(ending, row)


def _order_of(row: Handoff) -> Order | None:
    """Ask the shop whether the quote has become an order, where it may be asked."""
    orders = services().orders
    if orders is None:
        return None
    try:
        return orders.of_quote(row.quote_number, deadline=Deadline.after(_ASKING_FOR_AN_ORDER))
    except (ShopUnavailable, ShopTimeout) as problem:
        log.warning("order_not_known", code=problem.code)
        return None


def _waiting_page(row: Handoff, token: str, openers: Openers) -> Response:
    forced = from_another_site(request, services().settings)
    _speak_as(row)
    response = _page("waiting.html", row=row, token=token, forced=forced)
    openers.hand_over(response, services().settings)
    return response


def _speak_as(row: Handoff | None) -> None:
    store = services().settings.store_views.by_code(row.store) if row else None
    prefer(store.language if store else None)


def _page(template: str, **values: object) -> Response:
    settings = services().settings
    return make_response(
        render_template(
            template,
            base=settings.public.path,
            shop=settings.shop_name or settings.storefront.hostname,
            logo_url=settings.shop_logo_url,
            poq_script_url=settings.poq_script_url,
            poq_script_integrity=settings.poq_script_integrity,
            app_return_url=settings.app_return_url,
            **values,
        )
    )

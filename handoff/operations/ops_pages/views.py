"""`/ops/`: the search and its results, and the overview of the service."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, abort, make_response, render_template, request

from handoff.concurrency_limit import ConcurrencyLimit
from handoff.ledger.database import Database
from handoff.ledger.refused_transfer_repository import find_last_refusals
from handoff.ledger.stage_counts import StageCounts, sum_stages
from handoff.operations.ops_pages import funnel_chart
from handoff.operations.ops_pages.ops_sessions import OpsSessions
from handoff.operations.ops_pages.order_check import OrderCheck
from handoff.operations.ops_pages.search_log import is_handoff_id, log_search
from handoff.operations.ops_pages.service_health import ServiceHealth
from handoff.operations.ops_pages.sign_in_views import MAX_QUERY_LENGTH, redirect_to_page
from handoff.operations.view_context import get_view_context, register_views
from handoff.problems import Busy, LedgerUnavailable, RecordUnreadable
from handoff.recent_value import RecentValue
from handoff.reconciliation.state_texts import DIFFERENCE_LABELS
from handoff.settings import Settings
from handoff.time_and_order_json import format_time
from handoff.timeline_texts import (
    describe_entry_details,
    describe_verdict,
    format_moment,
    separate_words,
)
from handoff.transfer_search import list_advice_if_nothing_matches, search_transfers
from handoff.web_view_link import find_handoff_id

MAX_SHOWN_TRANSFERS = 20
"""Transfers that a page shows; a search seldom leads to more than two."""

_REFUSALS = 10
# With a navigation that another website has started, browsers do not send the strict cookie.
_OTHER_SITES = ("cross-site", "same-site")
_MAX_LINK_LENGTH = 4096  # characters of a text in which a link may be
_SEARCH_SLOTS = 2  # of a worker's threads; a search reads every order of the ledger
_SEARCH_WAIT = 5.0  # seconds

_SHOP_ANSWERS = {
    "compared": "The shop was asked just now.",
    "unknown": "This handoff is not in the ledger any more.",
    "no_right": "Handoff may not read the shop's orders.",
    "busy": "Another comparison is running. Try again in a moment.",
    "shop_timeout": "The shop did not answer in time. Try again later.",
    "shop_unavailable": "The shop did not answer the search for orders. The log says why.",
    "record_unreadable": "The ledger's record cannot be read. The log names it.",
    "ledger_unavailable": "The ledger cannot be used now. The log says why.",
}

_blueprint = Blueprint("ops", __name__)


@dataclass(frozen=True, slots=True)
class OpsContext:
    """The objects that the ops pages work with."""

    settings: Settings
    database: Database
    sessions: OpsSessions
    health: ServiceHealth
    order_check: OrderCheck
    counts: RecentValue[list[StageCounts]]
    search_limit: ConcurrencyLimit = field(default_factory=lambda: ConcurrencyLimit(_SEARCH_SLOTS))


_get_context = partial(get_view_context, OpsContext)


def register_ops_views(app: Flask, context: OpsContext) -> None:
    """Add the views and the functions of their templates to an app."""
    register_views(app, _blueprint, context)
    app.jinja_env.globals.update(
        describe_entry_details=describe_entry_details,
        separate_words=separate_words,
        describe_verdict=describe_verdict,
        shop_answers=_SHOP_ANSWERS,
        format_day=funnel_chart.format_day,
        format_time=format_time,
        format_moment=format_moment,
        difference_labels=DIFFERENCE_LABELS,
        stage_labels=funnel_chart.LABELS,
        chart_size=(funnel_chart.CHART_WIDTH, funnel_chart.CHART_HEIGHT),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


@_blueprint.before_request
def require_session() -> Response | None:
    """Send everybody without a session to the form for signing in."""
    if _get_context().sessions.has_session(request):
        return None
    if request.method == "GET" and request.headers.get("Sec-Fetch-Site") in _OTHER_SITES:
        return make_response(render_template("reload.html"))
    text = _read_query()  # of a link, only the handoff's id goes on
    return redirect_to_page("/ops/login", q=(find_handoff_id(text) or text)[:MAX_QUERY_LENGTH])


@_blueprint.get("/")
@_blueprint.get("/ops")
def redirect_to_overview() -> Response:
    """Lead to the one address of the pages."""
    return redirect_to_page("/ops/")


@_blueprint.get("/ops/")
def show_search_or_overview() -> str | Response:
    """Show what a search has found, or the overview without one."""
    text = _read_query()
    if not text:
        return _render_overview()
    log_search(text)
    handoff_id = find_handoff_id(text)
    if handoff_id is not None:  # a link must not stay in the address bar and on the screen
        return redirect_to_page("/ops/", q=handoff_id)
    return _render_search(text)


@_blueprint.post("/ops/compare/<handoff_id>")
def compare_with_shop(handoff_id: str) -> Response:
    """Ask the shop for the orders of a transfer, and show it again with the answer."""
    if not is_handoff_id(handoff_id):
        abort(HTTPStatus.NOT_FOUND)
    answer = _get_context().order_check.reconcile_handoff(handoff_id)
    return redirect_to_page("/ops/", q=handoff_id, shop=answer)


def _render_overview() -> str:
    context = _get_context()
    try:
        facts = _read_overview_facts(context)
    except LedgerUnavailable:
        facts = {}  # the page says that the ledger is down
    return render_template(
        "overview.html",
        **facts,
        parts=context.health.list_parts(),
        versions=context.health.list_versions(),
    )


def _read_overview_facts(context: OpsContext) -> dict[str, Any]:
    days = context.counts.get()
    return {
        "today": funnel_chart.list_stage_shares(days[-1]),
        "month": funnel_chart.list_stage_shares(sum_stages(days)),
        "days": days,
        "chart": funnel_chart.build_funnel_chart(days),
        "refusals": find_last_refusals(context.database, _REFUSALS),
    }


def _render_search(text: str) -> str | Response:
    context = _get_context()
    transfers: list[dict[str, Any]] = []
    unreadable: list[RecordUnreadable] = []
    try:
        with context.search_limit.acquire_slot(_SEARCH_WAIT):
            if len(text) <= MAX_QUERY_LENGTH:
                transfers = search_transfers(
                    context.database, context.settings, text, on_unreadable=unreadable.append
                )
    except Busy:
        page = render_template("search.html", query=text[:MAX_QUERY_LENGTH], is_busy=True)
        return make_response(page, HTTPStatus.SERVICE_UNAVAILABLE)
    return render_template(
        "search.html",
        query=text[:MAX_QUERY_LENGTH],
        transfers=transfers[-MAX_SHOWN_TRANSFERS:],
        hidden_count=max(0, len(transfers) - MAX_SHOWN_TRANSFERS),
        unreadable=unreadable,
        advice=list_advice_if_nothing_matches(text),
        can_compare=context.order_check.can_read_orders,
        shop_answer=request.args.get("shop", ""),
    )


def _read_query() -> str:
    return request.args.get("q", "")[:_MAX_LINK_LENGTH].strip()

"""`GET /api/handoffs/<reference>`: what has become of a transfer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from flask import Blueprint, Flask, Response, g, jsonify
from werkzeug.routing import BaseConverter

from handoff.ledger.handoff_repository import HandoffRepository
from handoff.ledger.models import build_reference_key
from handoff.ledger.refused_transfer_repository import RefusedTransferRepository
from handoff.operations.caller_authentication import CallerAuthentication, read_api_key
from handoff.operations.problem_response import build_problem_response
from handoff.operations.rate_limits import RateLimit
from handoff.operations.view_context import get_view_context, register_views
from handoff.problems import NotFound, Problem
from handoff.transfer.transfer_status import build_transfer_status

_blueprint = Blueprint("transfer_status", __name__)
_blueprint.register_error_handler(Problem, build_problem_response)


@dataclass(frozen=True, slots=True)
class TransferStatusContext:
    """The objects that the view of this module works with. `link_ttl` is in seconds."""

    link_ttl: int
    handoffs: HandoffRepository
    refusals: RefusedTransferRepository
    callers: CallerAuthentication
    rate_limit: RateLimit


_get_context = partial(get_view_context, TransferStatusContext)


class ReferenceConverter(BaseConverter):
    """Takes the rest of a path as it is, because a reference may have slashes."""

    regex = ".+"
    part_isolating = False


def register_transfer_status_views(app: Flask, context: TransferStatusContext) -> None:
    """Add the view of this module to an app."""
    app.url_map.converters["reference"] = ReferenceConverter
    register_views(app, _blueprint, context)


@_blueprint.before_request
def require_api_key() -> None:
    """Set `g.caller`, or raise KeyRejected or TooManyRequests."""
    context = _get_context()
    g.caller = context.callers.authenticate()
    context.rate_limit.count_event_or_raise(read_api_key())


@_blueprint.get("/api/handoffs/<reference:reference>")
def show_transfer_status(reference: str) -> Response:
    """Return the state, the times and the orders of one of the caller's own transfers."""
    context = _get_context()
    handoffs = context.handoffs.find_by_transfer_key(build_reference_key(g.caller, reference))
    refusal = context.refusals.find(g.caller, reference)
    status = build_transfer_status(handoffs, refusal, link_ttl=context.link_ttl)
    if status is None:
        raise NotFound("No transfer of this caller with this reference is known.")
    return jsonify(status)

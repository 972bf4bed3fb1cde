"""`POST /api/cart-transfer`: checks the API key, answers with an instruction or a problem."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus

import structlog
from flask import Blueprint, Flask, Response, g, jsonify, request

from handoff.ledger.models import Handoff
from handoff.ledger.refused_transfer_repository import RefusedTransferRepository
from handoff.operations.caller_authentication import CallerAuthentication, read_api_key
from handoff.operations.problem_response import build_problem_response
from handoff.operations.rate_limits import RateLimit
from handoff.operations.request_limits import read_body
from handoff.operations.view_context import get_view_context, register_views
from handoff.problems import LedgerUnavailable, NotFound, Paused, Problem, UnsupportedMediaType
from handoff.settings import Settings
from handoff.settings.store_view_models import StoreSites, StoreViews
from handoff.transfer.request_parser import MAX_BYTES, find_reference, parse_transfer
from handoff.transfer.transfer_service import TransferService
from handoff.web_view_link import APP_VISIT_HEADER, Instruction, InstructionHeader, LinkTokens

_blueprint = Blueprint("transfer", __name__)
_blueprint.register_error_handler(Problem, build_problem_response)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TransferContext:
    """The objects that the view of this package works with."""

    settings: Settings
    store_views: StoreViews
    sites: StoreSites
    link_tokens: LinkTokens
    transfers: TransferService
    refusals: RefusedTransferRepository
    callers: CallerAuthentication
    rate_limit: RateLimit


_get_context = partial(get_view_context, TransferContext)


def register_transfer_views(app: Flask, context: TransferContext) -> None:
    """Add the views of transfers to an app."""
    register_views(app, _blueprint, context)


@_blueprint.before_request
def require_api_key() -> None:
    """Set `g.caller` to the name of the caller, or raise KeyRejected or TooManyRequests."""
    context = _get_context()
    if "key" in (request.view_args or {}) and not context.settings.key_in_path:
        raise NotFound
    g.caller = context.callers.authenticate()


@_blueprint.before_request
def refuse_while_paused() -> None:
    """Raise Paused while the service is paused."""
    if _get_context().settings.paused:
        raise Paused


@_blueprint.before_request
def apply_rate_limit() -> None:
    """Raise TooManyRequests if this API key has made too many transfers within a minute."""
    _get_context().rate_limit.count_event_or_raise(read_api_key())


@_blueprint.post("/api/cart-transfer")
@_blueprint.post("/api/cart-transfer/<key>")
def post_transfer(key: str | None = None) -> Response:
    """Answer a transfer with the instruction to open the web view."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    context = _get_context()
    body = read_body(MAX_BYTES)
    try:
        transfer = parse_transfer(body, stores=context.store_views)
        handoff = context.transfers.issue_or_renew_handoff(replace(transfer, caller=g.caller))
    except Problem as problem:
        _record_refusal(body, problem)
        raise
    structlog.contextvars.bind_contextvars(handoff=handoff.id)
    response = jsonify(_build_instruction(handoff).as_json())
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _record_refusal(body: bytes, problem: Problem) -> None:
    """Record a transfer that was refused for good, so that its caller can ask about it."""
    reference = find_reference(body)
    if reference is None or problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return
    skus = list(dict.fromkeys(fault.sku for fault in problem.faults if fault.sku))
    try:
        _get_context().refusals.record(g.caller, reference, code=problem.code, skus=skus)
    except LedgerUnavailable:
        log.warning("refusal_not_recorded", code=problem.code)


def _build_instruction(handoff: Handoff) -> Instruction:
    context = _get_context()
    settings = context.settings
    url = f"{context.sites.choose_by_code(handoff.store_code).public_url}/h"
    token = context.link_tokens.create_token(handoff.id)
    cookies, headers = settings.instruction_cookies or None, settings.instruction_headers
    if settings.instruction == "form":
        body = f"token={token}"
        return Instruction(
            url=url, method="POST", body=body, cookies=cookies, headers=headers or None
        )
    if settings.tap_outside_app:
        proof = context.link_tokens.create_app_proof(handoff.id)
        headers = (*headers, InstructionHeader(name=APP_VISIT_HEADER, value=proof))
    return Instruction(url=f"{url}/{token}", method="GET", cookies=cookies, headers=headers or None)

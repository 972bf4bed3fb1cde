"""`POST /api/cart-transfer`: checks who calls, and answers with an instruction or a problem."""

from __future__ import annotations

import hmac
import re

import structlog
from flask import Blueprint, Response, jsonify, request

from handoff.instruction import Instruction
from handoff.ledger import Handoff
from handoff.operations.problem_response import answer_problem
from handoff.operations.request_body import read_body
from handoff.problems import (
    KeyRejected,
    NotFound,
    Paused,
    Problem,
    TooManyRequests,
    UnsupportedMediaType,
)
from handoff.services import services
from handoff.transfer.request_parser import MAX_BYTES, parse_transfer

_BEARER = re.compile(r"^Bearer +", re.IGNORECASE)

transfer_blueprint = Blueprint("transfer", __name__)
transfer_blueprint.register_error_handler(Problem, answer_problem)
log = structlog.get_logger()


@transfer_blueprint.before_request
def require_key() -> None:
    """Let only callers in who show one of the keys."""
    settings = services().settings
    if "key" in (request.view_args or {}) and not settings.key_in_path:
        raise NotFound
    shown = _shown_key()
    keys = [key.get_secret_value() for key in settings.api_keys]
    # Every key is compared, in constant time, whether or not one has matched.
    matches = [hmac.compare_digest(shown.encode(), key.encode()) for key in keys]
    if not any(matches):
        # A server's address, and no shopper's: those are not written down.
        log.warning("key_rejected", client=request.remote_addr)
        raise KeyRejected


@transfer_blueprint.before_request
def require_service() -> None:
    """Make no handoff while the service is paused."""
    if services().settings.paused:
        raise Paused


@transfer_blueprint.before_request
def require_measure() -> None:
    """Take no more transfers of one key within a minute than the settings say."""
    wait = services().transfer_limit.hit(_shown_key())
    if wait:
        raise TooManyRequests(retry_after=wait)


@transfer_blueprint.post("/api/cart-transfer")
@transfer_blueprint.post("/api/cart-transfer/<key>")
def post_transfer(key: str | None = None) -> Response:
    """Answer a transfer with the instruction that opens the web view."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    asked = parse_transfer(read_body(MAX_BYTES), stores=services().settings.store_views)
    row = services().transfers.create_handoff(asked)
    structlog.contextvars.bind_contextvars(handoff=row.id)
    response = jsonify(_instruction(row).as_json())
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _shown_key() -> str:
    in_path: str | None = (request.view_args or {}).get("key")
    return in_path or _BEARER.sub("", request.headers.get("Authorization", "")).strip()


def _instruction(row: Handoff) -> Instruction:
    settings = services().settings
    link = f"{services().places.find_by_code(row.store_code).public_url}/h"
    token = services().links.token(row.id)
    cookies, headers = settings.instruction_cookies or None, settings.instruction_headers or None
    if settings.instruction == "form":
        body = f"token={token}"
        return Instruction(url=link, method="POST", body=body, cookies=cookies, headers=headers)
    return Instruction(url=f"{link}/{token}", method="GET", cookies=cookies, headers=headers)

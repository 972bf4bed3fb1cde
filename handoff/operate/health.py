"""`/healthz`: whether this process answers. `/readyz`: whether it can let shoppers in."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from flask import Blueprint, Response, jsonify

from handoff.errors import LedgerUnavailable
from handoff.services import services
from handoff.session import SessionStoreError

health = Blueprint("health", __name__)
log = structlog.get_logger()

_OK, _FAILING = "ok", "failing"


@health.get("/healthz")
def healthz() -> dict[str, str]:
    """Say that the process answers; asks neither the ledger nor the shop."""
    return {"status": _OK}


@health.get("/readyz")
def readyz() -> Response:
    """Say whether the ledger can be read and the session store be written. Never asks the shop."""
    parts = {"ledger": _ledger(), "session_store": _session_store()}
    is_ready = set(parts.values()) == {_OK}
    response = jsonify({"status": _OK if is_ready else _FAILING, **parts})
    response.status_code = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    response.headers["Cache-Control"] = "no-store"
    return response


def _ledger() -> str:
    try:
        services().ledger.find("")
    except LedgerUnavailable:
        return _FAILING
    return _OK


def _session_store() -> str:
    try:
        services().sessions.try_out()
    except SessionStoreError as error:
        log.error("session_store_unavailable", reason=str(error))
        return _FAILING
    return _OK

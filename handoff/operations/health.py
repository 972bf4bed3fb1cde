"""`/healthz`: whether this process answers. `/readyz`: whether it can let shoppers in."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, jsonify

from handoff.operations.readiness import FAILING, OK
from handoff.services import services

health_blueprint = Blueprint("health", __name__)


@health_blueprint.get("/healthz")
def healthz() -> dict[str, str]:
    """Say that the process answers; asks neither the ledger nor the shop."""
    return {"status": OK}


@health_blueprint.get("/readyz")
def readyz() -> Response:
    """Say whether the ledger can be read and the session store be written. Never asks the shop."""
    parts = services().readiness.parts()
    is_ready = set(parts.values()) == {OK}
    response = jsonify({"status": OK if is_ready else FAILING, **parts})
    response.status_code = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    response.headers["Cache-Control"] = "no-store"
    return response

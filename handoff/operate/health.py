"""`/healthz`: whether this process answers."""

from __future__ import annotations

from flask import Blueprint

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> dict[str, str]:
    """Say that the process answers; asks neither the ledger nor the shop."""
    return {"status": "ok"}

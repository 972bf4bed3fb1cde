"""What the platform asks: whether the service lives, and whether it can let shoppers in."""

from __future__ import annotations

from typing import Any

_PARTS = ("status", "ledger", "session_store")


def platform_paths() -> dict[str, Any]:
    """Describe the two addresses."""
    return {"/healthz": {"get": _healthz()}, "/readyz": {"get": _readyz()}}


def _healthz() -> dict[str, Any]:
    return {
        "operationId": "healthz",
        "summary": "Whether the process answers.",
        "responses": {"200": _states("It does.", "status")},
    }


def _readyz() -> dict[str, Any]:
    return {
        "operationId": "readyz",
        "summary": "Whether shoppers can be let in.",
        "responses": {
            "200": _states("They can.", *_PARTS),
            "503": _states("They cannot.", *_PARTS),
        },
    }


def _states(words: str, *names: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": list(names),
        "properties": {name: {"enum": ["ok", "failing"]} for name in names},
        "additionalProperties": False,
    }
    return {"description": words, "content": {"application/json": {"schema": schema}}}

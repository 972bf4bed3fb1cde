"""What Poq asks: transfers, and the problems that they end with."""

from __future__ import annotations

from collections import defaultdict
from http import HTTPStatus
from typing import Any

from handoff import problems
from handoff.problems import Problem

REF = "#/components/schemas/"

_KEY = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}
RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds after which asking again may help.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }
}
WAITS = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
"""The statuses that come with Retry-After."""


def transfer_paths(*, key_in_path: bool) -> dict[str, Any]:
    """Describe the address of transfers, and the one with the key in it where it is taken."""
    paths = {"/api/cart-transfer": {"post": _transfer("transfer", [])}}
    if key_in_path:
        by_path = {**_transfer("transferByPath", [_KEY]), "security": []}
        paths["/api/cart-transfer/{key}"] = {"post": by_path}
    return paths


def problem_schemas() -> dict[str, Any]:
    """Describe the JSON of a problem, and of each fault in it."""
    return {"Problem": _problem(), "Fault": _fault()}


def _transfer(name: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": "Turn a bag, a guest's quote or a customer's quote into a link to checkout.",
        "security": [{"key": []}, {"bearer": []}],
        "parameters": parameters,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"{REF}TransferBody"}}},
        },
        "responses": {
            "200": {
                "description": "How the app opens the web view.",
                "content": {"application/json": {"schema": {"$ref": f"{REF}Instruction"}}},
            },
            **_refusals(),
        },
    }


def _refusals() -> dict[str, Any]:
    """Describe every problem, those of one status together."""
    by_status: dict[int, list[type[Problem]]] = defaultdict(list)
    for problem in _problems():
        by_status[problem.status].append(problem)
    return {str(status): _refusal(status, by_status[status]) for status in sorted(by_status)}


def _refusal(status: int, problems: list[type[Problem]]) -> dict[str, Any]:
    codes = sorted({problem.code for problem in problems})
    schema = {"allOf": [{"$ref": f"{REF}Problem"}, {"properties": {"code": {"enum": codes}}}]}
    return {
        "description": " ".join(f"`{problem.code}`: {problem.title}" for problem in problems),
        "headers": RETRY_AFTER if status in WAITS else {},
        "content": {"application/problem+json": {"schema": schema}},
    }


def _problems() -> list[type[Problem]]:
    """Return those that say something of their own."""
    found = [cls for cls in vars(problems).values() if isinstance(cls, type)]
    return [cls for cls in found if issubclass(cls, Problem) and "code" in vars(cls)]


def _problem() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {"type": "string", "pattern": "^urn:problem-type:handoff:[a-z_]+$"},
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "code": text,
            "errors": {"type": "array", "minItems": 1, "items": {"$ref": f"{REF}Fault"}},
        },
        "additionalProperties": False,
    }


def _fault() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["code", "detail"],
        "properties": {"code": text, "detail": text, "pointer": text, "sku": text},
        "additionalProperties": False,
    }

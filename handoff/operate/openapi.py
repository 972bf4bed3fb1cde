"""`/openapi.json`: what Poq and the platform can ask, made from the shapes that are checked."""

from __future__ import annotations

from collections import defaultdict
from importlib.metadata import version
from typing import Any

from flask import Blueprint
from pydantic.json_schema import models_json_schema

from handoff import errors
from handoff.errors import Problem
from handoff.services import services
from handoff.settings import Settings
from handoff.transfer.contract import TransferBody
from handoff.transfer.instruction import Instruction

openapi = Blueprint("openapi", __name__)

_REF = "#/components/schemas/"
_SOME_ITEMS = ("items", "currency", "reference")


@openapi.get("/openapi.json")
def describe() -> dict[str, Any]:
    """Answer with the description of this service."""
    return document(services().settings)


def document(settings: Settings) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of a service with these settings."""
    _, shapes = models_json_schema(
        [(TransferBody, "validation"), (Instruction, "serialization")],
        by_alias=True,
        ref_template=f"{_REF}{{model}}",
    )
    schemas = {**shapes["$defs"], "Problem": _problem(), "Fault": _fault()}
    _narrow(schemas["TransferBody"], settings)
    paths = {"/api/cart-transfer": {"post": _transfer("transfer", [])}}
    if settings.key_in_path:
        key = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}
        by_path = {**_transfer("transferByPath", [key]), "security": []}
        paths["/api/cart-transfer/{key}"] = {"post": by_path}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Handoff", "version": version("handoff")},
        "servers": [{"url": settings.public_url}],
        "paths": {**paths, "/healthz": {"get": _healthz()}, "/readyz": {"get": _readyz()}},
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "Authorization"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _narrow(body: dict[str, Any], settings: Settings) -> None:
    """Say of a transfer's body what its fields alone do not."""
    body["anyOf"] = [_holding("quote_id"), _holding(*_SOME_ITEMS)]
    views = settings.store_views
    for name, values in (
        ("currency", sorted({store.currency for store in views.listed})),
        ("store", [store.code for store in views.listed]),
    ):
        body["properties"][name] = {"enum": [*values, None]}


def _holding(*names: str) -> dict[str, Any]:
    """Require fields; null is the same as absent."""
    return {
        "required": list(names),
        "properties": {name: {"not": {"type": "null"}} for name in names},
    }


def _transfer(name: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": "Turn a bag, a guest's quote or a customer's quote into a link to checkout.",
        "security": [{"key": []}, {"bearer": []}],
        "parameters": parameters,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"{_REF}TransferBody"}}},
        },
        "responses": {
            "200": _answer("How the app opens the web view.", "application/json", "Instruction"),
            **_refusals(),
        },
    }


def _refusals() -> dict[str, Any]:
    """Describe every problem, those of one status together."""
    by_status: dict[int, list[type[Problem]]] = defaultdict(list)
    for problem in _problems():
        by_status[problem.status].append(problem)
    return {str(status): _refusal(by_status[status]) for status in sorted(by_status)}


def _refusal(problems: list[type[Problem]]) -> dict[str, Any]:
    codes = sorted({problem.code for problem in problems})
    words = " ".join(f"`{problem.code}`: {problem.title}" for problem in problems)
    answer = _answer(words, "application/problem+json", "Problem")
    schema = {"allOf": [{"$ref": f"{_REF}Problem"}, {"properties": {"code": {"enum": codes}}}]}
    answer["content"]["application/problem+json"]["schema"] = schema
    return answer


def _problems() -> list[type[Problem]]:
    """Return those that say something of their own."""
    found = [cls for cls in vars(errors).values() if isinstance(cls, type)]
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
            "errors": {"type": "array", "minItems": 1, "items": {"$ref": f"{_REF}Fault"}},
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


def _healthz() -> dict[str, Any]:
    return {
        "operationId": "healthz",
        "summary": "Whether the process answers.",
        "responses": {"200": _states("It does.", "status")},
    }


def _readyz() -> dict[str, Any]:
    parts = ("status", "ledger", "session_store")
    return {
        "operationId": "readyz",
        "summary": "Whether shoppers can be let in.",
        "responses": {"200": _states("They can.", *parts), "503": _states("They cannot.", *parts)},
    }


def _states(words: str, *names: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": list(names),
        "properties": {name: {"enum": ["ok", "failing"]} for name in names},
        "additionalProperties": False,
    }
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _answer(words: str, media_type: str, schema: str) -> dict[str, Any]:
    content = {media_type: {"schema": {"$ref": f"{_REF}{schema}"}}}
    return {"description": words, "content": content}

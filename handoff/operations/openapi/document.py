"""The document: OpenAPI 3.1, of a service with these settings."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Flask, Response
from pydantic.json_schema import models_json_schema

from handoff.instruction import Instruction
from handoff.operations.openapi.health_paths import platform_paths
from handoff.operations.openapi.page_paths import page_paths
from handoff.operations.openapi.transfer_paths import REF, problem_schemas, transfer_paths
from handoff.settings import Settings
from handoff.transfer.request_parser import TransferBody

# Of what is described, not of the software: nobody has to know which release answers.
_VERSION = "1.0.0"
_SOME_ITEMS = ("items", "currency", "reference")


def register_openapi(app: Flask, settings: Settings) -> None:
    """Answer `/openapi.json` with the description of the app."""

    @cache  # anybody may ask, and it takes some milliseconds to make
    def text() -> str:
        return app.json.dumps(build_openapi_document(settings))

    @app.get("/openapi.json")
    def _openapi() -> Response:
        return Response(text(), mimetype="application/json")


def build_openapi_document(settings: Settings) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of a service with these settings."""
    _, shapes = models_json_schema(
        [(TransferBody, "validation"), (Instruction, "serialization")],
        by_alias=True,
        ref_template=f"{REF}{{model}}",
    )
    schemas = {**shapes["$defs"], **problem_schemas()}
    _narrow(schemas["TransferBody"], settings)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Handoff", "version": _VERSION},
        "servers": [{"url": url} for url in _addresses(settings)],
        "paths": {
            **transfer_paths(key_in_path=settings.key_in_path),
            **page_paths(direct_entry=settings.direct_entry),
            **platform_paths(),
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "Authorization"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _addresses(settings: Settings) -> list[str]:
    """Return where the service is reached: what Poq calls, and hosts of stores with one of their
    own.
    """
    others = (store.public_url for store in settings.store_views.listed)
    return list(dict.fromkeys([settings.public_url, *(url for url in others if url)]))


def _narrow(body: dict[str, Any], settings: Settings) -> None:
    """Say of a transfer's body what its fields alone do not."""
    nobodys = {name: {"type": "null"} for name in ("token_id", "token")}
    bag = _holding(*_SOME_ITEMS)
    body["anyOf"] = [
        _holding("quote_id"),
        {**bag, "properties": {**bag["properties"], **nobodys}},
    ]
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

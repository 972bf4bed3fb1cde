"""`/openapi.json`: the OpenAPI 3.1 description of a service with these settings."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Flask, Response
from pydantic.json_schema import models_json_schema

from handoff import __version__
from handoff.operations.openapi_paths import SCHEMA_REF, TEXT, build_object_schema, build_paths
from handoff.settings import Settings
from handoff.time_and_order_json import AMOUNTS
from handoff.transfer.request_parser import TransferBody
from handoff.transfer.transfer_status import STATES, TIMES
from handoff.web_view_link import Instruction

_REQUIRED_WITH_ITEMS = ("items", "currency", "reference")
_PROBLEM = build_object_schema(
    {
        "type": {"type": "string", "pattern": "^urn:problem-type:handoff:[a-z_]+$"},
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "code": TEXT,
    },
    {"errors": {"type": "array", "minItems": 1, "items": {"$ref": f"{SCHEMA_REF}Fault"}}},
)
_FAULT = build_object_schema({"code": TEXT, "detail": TEXT}, {"pointer": TEXT, "sku": TEXT})
_MOMENT = {"type": "string", "format": "date-time"}
_NULL = {"type": "null"}
_ORDER = build_object_schema(
    {"number": TEXT, "state": TEXT},
    {"currency": TEXT, **{name: {"type": "number"} for name in (*AMOUNTS, "discount", "credit")}},
)
_REFUSAL = build_object_schema(
    {"code": TEXT, "skus": {"type": "array", "items": TEXT}, "refused_at": _MOMENT}
)
_TRANSFER_STATUS = build_object_schema(
    {
        "reference": TEXT,
        "state": {"enum": list(STATES)},
        **{name: {"anyOf": [_MOMENT, _NULL]} for name in TIMES},
        "orders": {"type": "array", "items": _ORDER},
        "refusal": {"anyOf": [_REFUSAL, _NULL]},
    }
)


def register_openapi(app: Flask, settings: Settings) -> None:
    """Serve `/openapi.json`."""

    @cache  # anybody may request it, and building it takes some milliseconds
    def build_text() -> str:
        return app.json.dumps(build_openapi_document(settings))

    @app.get("/openapi.json")
    def _serve_openapi() -> Response:
        return Response(build_text(), mimetype="application/json")


def build_openapi_document(settings: Settings) -> dict[str, Any]:
    """Return the OpenAPI document of a service with these settings."""
    _, models = models_json_schema(
        [(TransferBody, "validation"), (Instruction, "serialization")],
        by_alias=True,
        ref_template=f"{SCHEMA_REF}{{model}}",
    )
    schemas = {
        **models["$defs"],
        "Problem": _PROBLEM,
        "Fault": _FAULT,
        "TransferStatus": _TRANSFER_STATUS,
    }
    _restrict_transfer_body(schemas["TransferBody"], settings)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Handoff", "version": __version__},
        "servers": [{"url": url} for url in _list_public_urls(settings)],
        "paths": build_paths(settings),
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "Authorization"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _list_public_urls(settings: Settings) -> list[str]:
    """Return the URL that Poq calls, then the URLs of stores on other hosts."""
    store_urls = (store.public_url for store in settings.store_views.all)
    return list(dict.fromkeys([settings.public_url, *(url for url in store_urls if url)]))


def _restrict_transfer_body(schema: dict[str, Any], settings: Settings) -> None:
    """Add to a transfer's schema the rules between its fields, and the stores of the settings."""
    no_customer = dict.fromkeys(("token_id", "token"), _NULL)
    with_items = _build_required_fields_schema(*_REQUIRED_WITH_ITEMS)
    schema["anyOf"] = [
        _build_required_fields_schema("quote_id"),
        {**with_items, "properties": {**with_items["properties"], **no_customer}},
    ]
    stores = settings.store_views.all
    currencies = sorted({store.currency for store in stores})
    schema["properties"]["currency"] = {"enum": [*currencies, None]}
    schema["properties"]["store"] = {"enum": [*(store.code for store in stores), None]}


def _build_required_fields_schema(*names: str) -> dict[str, Any]:
    """Return a schema that requires fields. A null value counts as absent."""
    return {
        "required": list(names),
        "properties": {name: {"not": _NULL} for name in names},
    }

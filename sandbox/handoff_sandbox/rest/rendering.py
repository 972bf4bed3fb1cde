"""Answers in JSON or XML."""

from __future__ import annotations

import json
from decimal import Decimal
from xml.sax.saxutils import escape

from flask import Response, request

from handoff_sandbox.formats import convert_to_json_number


def render_answer(data: object, status: int) -> Response:
    """Return the answer in JSON, or in XML if the Accept header names it first."""
    if is_xml_preferred():
        body, kind = (
            f'<?xml version="1.0"?>\n{_render_element("response", data)}',
            "application/xml",
        )
    else:
        body, kind = json.dumps(data, default=convert_to_json_number), "application/json"
    return Response(body, status, content_type=f"{kind}; charset=utf-8")


def is_xml_preferred() -> bool:
    """Return whether the Accept header names XML before JSON."""
    for accepted in request.headers.get("Accept", "").split(","):
        kind = accepted.partition(";")[0].strip().lower()
        if kind in ("application/xml", "text/xml"):
            return True
        if kind in ("application/json", "*/*"):
            return False
    return False


def _render_element(name: str, value: object, depth: int = 0) -> str:
    margin = "  " * depth
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = {f"{n}": child for n, child in enumerate(value)}.items()
    else:
        return f"{margin}<{name}>{_render_text(value)}</{name}>\n"
    inner = "".join(
        _render_element("item" if isinstance(value, list) else str(key), child, depth + 1)
        for key, child in children
    )
    return f"{margin}<{name}>\n{inner}{margin}</{name}>\n" if inner else f"{margin}<{name}/>\n"


def _render_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(convert_to_json_number(value) if isinstance(value, Decimal) else value))

from __future__ import annotations

import json
from decimal import Decimal
from xml.sax.saxutils import escape

from flask import Response, request

from handoff_sandbox.money import plain


def render(data: object, status: int) -> Response:
    """Answer in JSON, or in XML where the Accept header puts that first."""
    if wants_xml():
        body, kind = f'<?xml version="1.0"?>\n{_element("response", data)}', "application/xml"
    else:
        body, kind = json.dumps(data, default=plain), "application/json"
    return Response(body, status, content_type=f"{kind}; charset=utf-8")


def wants_xml() -> bool:
    for accepted in request.headers.get("Accept", "").split(","):
        kind = accepted.partition(";")[0].strip().lower()
        if kind in ("application/xml", "text/xml"):
            return True
        if kind in ("application/json", "*/*"):
            return False
    return False


def _element(name: str, value: object, depth: int = 0) -> str:
    margin = "  " * depth
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = {f"{n}": each for n, each in enumerate(value)}.items()
    else:
        return f"{margin}<{name}>{_text(value)}</{name}>\n"
    inner = "".join(
        _element("item" if isinstance(value, list) else str(key), child, depth + 1)
        for key, child in children
    )
    return f"{margin}<{name}>\n{inner}{margin}</{name}>\n" if inner else f"{margin}<{name}/>\n"


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(plain(value) if isinstance(value, Decimal) else value))

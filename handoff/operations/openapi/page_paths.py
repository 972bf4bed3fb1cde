"""What a web view opens: pages, and the way on to checkout.

Nobody writes a program against these. They stand there for whoever has to let them through, a
firewall that knows what may be asked of which address.
"""

from __future__ import annotations

from typing import Any

from handoff.operations.openapi.transfer_paths import RETRY_AFTER, WAITS

_TOKEN = {"name": "token", "in": "path", "required": True, "schema": {"type": "string"}}
_TEXT = {"type": "string"}
_QUOTE = {
    "quote_id": {"type": "string", "minLength": 1, "maxLength": 255},
    "token_id": {"type": "string", "maxLength": 4096, "pattern": "^[!-~]*$"},
}
_ENDINGS = {
    404: "This link does not work.",
    410: "This link has expired or been used, or there is a newer one.",
    429: "Too many links that do not exist, from one address.",
    500: "A fault of the service.",
    503: "The session store or the ledger is away, or the service is paused.",
}
_DIRECT = {
    400: "The form cannot be read, or names no quote.",
    403: "The customer token is not valid, or another website sent the browser here.",
    404: "No such quote, or not theirs.",
    409: "The quote is empty, or the shop does not take it.",
    410: "The quote has been ordered.",
    429: "Too many quotes or tokens that are none, from one address.",
    500: "A fault of the service.",
    503: "The shop, its session store or the ledger is away, or the service is paused.",
}


def page_paths(*, direct_entry: bool) -> dict[str, Any]:
    """Describe links, and direct entry where it is open."""
    paths = {
        "/h/{token}": {
            "get": {
                "operationId": "show",
                "parameters": [_TOKEN],
                "summary": "A page that posts itself. Changes nothing.",
                "responses": {"200": _page("The page."), **_ends(_ENDINGS)},
            },
            "post": {
                "operationId": "enter",
                "parameters": [_TOKEN],
                "summary": "Spend the link: a new session of the shop, and on to checkout.",
                "responses": {
                    "200": _page("A page that asks, where another website sent the browser here."),
                    "303": _on_to_checkout(),
                    **_ends(_ENDINGS),
                },
            },
        },
        "/h": {
            "post": {
                "operationId": "enterByForm",
                "summary": "The same for the form style, with the token in the body.",
                "requestBody": _form({"token": _TEXT}, "token"),
                "responses": {
                    "200": _page("A page that asks, where another website sent the browser here."),
                    "303": _on_to_checkout(),
                    **_ends({**_ENDINGS, 413: "The form is larger than 4 KiB."}),
                },
            }
        },
    }
    if direct_entry:
        paths["/enter"] = {
            "post": {
                "operationId": "enterDirectly",
                "summary": "Let a web view in that brings the quote itself.",
                "requestBody": _form(_QUOTE, "quote_id"),
                "responses": {"303": _on_to_checkout(), **_ends(_DIRECT)},
            }
        }
    return paths


def _form(fields: dict[str, Any], *needed: str) -> dict[str, Any]:
    schema = {"type": "object", "required": list(needed), "properties": fields}
    return {
        "required": True,
        "content": {"application/x-www-form-urlencoded": {"schema": schema}},
    }


def _on_to_checkout() -> dict[str, Any]:
    return {
        "description": "To checkout, with the shop's session cookie.",
        "headers": {"Location": {"required": True, "schema": _TEXT}},
    }


def _ends(words: dict[int, str]) -> dict[str, Any]:
    return {str(status): _end(status, words[status]) for status in sorted(words)}


def _end(status: int, words: str) -> dict[str, Any]:
    return {**_page(words), "headers": RETRY_AFTER if status in WAITS else {}}


def _page(words: str) -> dict[str, Any]:
    return {"description": words, "content": {"text/html": {"schema": _TEXT}}}

"""Flask views that do as little as possible, for comparison with the service.

The environment has BARE_SHOP_URL (the shop to call), BARE_DATABASE (a file to write to) and
BARE_SESSIONS (a folder).
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import requests
from flask import Flask, Response, jsonify, render_template

from benchmarks.bare_flask_app.durable_file import DurableFile

app = Flask(__name__)
_session = requests.Session()
_session.trust_env = False
_shop = os.environ["BARE_SHOP_URL"]
_file = DurableFile(os.environ["BARE_DATABASE"])
_sessions = Path(os.environ["BARE_SESSIONS"])

_EXPIRED = "one=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/checkout/"
_COOKIES = 14  # as many as the service sets on the shop's own host
_ANSWER = {"url": "http://shop.example/h/" + "x" * 66, "method": "GET"}


@app.post("/json")
def return_json() -> dict[str, str]:
    """Return JSON as long as an instruction."""
    return _ANSWER


@app.get("/page")
def render_page() -> str:
    """Render a page about as long as the entry page."""
    return render_template("page.html", shop="shop.example", lines=range(3))


@app.post("/cart/<masked_id>")
def get_cart(masked_id: str) -> dict[str, Any]:
    """Get a cart of the shop by `requests`, as the service does."""
    return {**_ANSWER, "number": _get_cart_number(masked_id)}


@app.post("/write")
def write() -> dict[str, str]:
    """Write a row durably."""
    _file.write(_ANSWER["url"])
    return _ANSWER


@app.post("/session")
def write_session() -> Response:
    """Write a row and a session, and set cookies, as the use of a link must."""
    _file.write(_ANSWER["url"])
    (_sessions / secrets.token_hex(13)).write_bytes(b'checkout|a:1:{s:10:"quote_id_1";s:2:"27";}')
    response = jsonify(_ANSWER)
    for _ in range(_COOKIES):
        response.headers.add("Set-Cookie", _EXPIRED)
    return response


@app.post("/both/<masked_id>")
def call_and_write(masked_id: str) -> dict[str, Any]:
    """Get a cart and write a row, as a transfer must."""
    number = _get_cart_number(masked_id)
    _file.write(_ANSWER["url"])
    return {**_ANSWER, "number": number}


def _get_cart_number(masked_id: str) -> int:
    url = f"{_shop}/rest/V1/guest-carts/{masked_id}"
    return int(_session.get(url, timeout=(3, 8)).json()["id"])

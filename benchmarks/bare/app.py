"""Views that do as little as can be: the measure for ours, and the limit of any service.

Started with BARE_SHOP_URL, the shop to call, BARE_DATABASE, a file to write to, and BARE_SESSIONS,
a folder.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import requests
import urllib3
from flask import Flask, Response, jsonify, render_template

from benchmarks.bare.writing import DurableFile

app = Flask(__name__)
_session = requests.Session()
_session.trust_env = False
_pool = urllib3.PoolManager(maxsize=32)
_shop = os.environ["BARE_SHOP_URL"]
_file = DurableFile(os.environ["BARE_DATABASE"])
_sessions = Path(os.environ["BARE_SESSIONS"])

_EXPIRED = "one=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/checkout/"
_COOKIES = 14  # that a shopper is sent to a shop on the service's own host with
_ANSWER = {"url": "http://shop.example/h/" + "x" * 66, "method": "GET"}


@app.post("/json")
def answer_json() -> dict[str, str]:
    """Answer what is as long as an instruction."""
    return _ANSWER


@app.get("/page")
def render_page() -> str:
    """Render a page about as long as the entry page."""
    return render_template("page.html", shop="shop.example", lines=range(3))


@app.post("/requests/<masked_id>")
def call_by_requests(masked_id: str) -> dict[str, Any]:
    """Look at a cart of the shop with `requests`, as most services would."""
    answer = _session.get(_cart(masked_id), timeout=(3, 8)).json()
    return {**_ANSWER, "number": answer["id"]}


@app.post("/urllib3/<masked_id>")
def call_by_urllib3(masked_id: str) -> dict[str, Any]:
    """Look at a cart of the shop with urllib3, which is what `requests` stands on."""
    return {**_ANSWER, "number": _look(masked_id)}


@app.post("/write")
def write() -> dict[str, str]:
    """Write a row durably."""
    _file.write(_ANSWER["url"])
    return _ANSWER


@app.post("/session")
def write_and_bind() -> Response:
    """Write a row and a session, and set cookies: what spending cannot do without."""
    _file.write(_ANSWER["url"])
    (_sessions / secrets.token_hex(13)).write_bytes(b'checkout|a:1:{s:10:"quote_id_1";s:2:"27";}')
    response = jsonify(_ANSWER)
    for _ in range(_COOKIES):
        response.headers.add("Set-Cookie", _EXPIRED)
    return response


@app.post("/both/<masked_id>")
def call_and_write(masked_id: str) -> dict[str, Any]:
    """Look at a cart and write a row: what no transfer can do without."""
    number = _look(masked_id)
    _file.write(_ANSWER["url"])
    return {**_ANSWER, "number": number}


def _look(masked_id: str) -> int:
    return int(_pool.request("GET", _cart(masked_id), timeout=8).json()["id"])


def _cart(masked_id: str) -> str:
    return f"{_shop}/rest/V1/guest-carts/{masked_id}"

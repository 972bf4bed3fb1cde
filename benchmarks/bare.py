"""What Flask itself takes: a view that answers JSON, one that renders a page, one that calls."""

from __future__ import annotations

import os
from typing import Any

import requests
from flask import Flask, render_template

app = Flask(__name__)
_session = requests.Session()
_session.trust_env = False
_shop = os.environ.get("BARE_SHOP_URL", "")


@app.post("/json")
def answer_json() -> dict[str, str]:
    """Answer what is as long as an instruction."""
    return {"url": "http://shop.example/h/" + "x" * 66, "method": "GET"}


@app.get("/page")
def render_page() -> str:
    """Render a page about as long as the entry page."""
    return render_template("page.html", shop="shop.example", lines=range(3))


@app.post("/asking/<masked_id>")
def ask(masked_id: str) -> dict[str, Any]:
    """Ask the shop for a cart and answer with a word of it."""
    url = f"{_shop}/rest/default/V1/guest-carts/{masked_id}"
    answer = _session.get(url, timeout=(3, 8)).json()
    return {"url": "http://shop.example/h/" + "x" * 66, "number": answer["id"]}

"""Everybody else who may come by a link: preview bots, a second phone, and one who buys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import requests

from handoff_sandbox.phone.steps import Event, Made, call, note

_ACCEPT = "text/html,application/xhtml+xml,*/*;q=0.8"
_ADDRESS = {
    "email": "guest@example.com",
    "firstname": "Gina",
    "lastname": "Guest",
    "street": "1 High Street",
    "city": "London",
    "postcode": "SW1A 1AA",
    "country_id": "GB",
    "telephone": "02070000000",
}


def preview(instruction: dict[str, Any]) -> Iterator[Event]:
    """Look at the link as mail scanners and chat apps do: three GETs and a HEAD."""
    with requests.Session() as http:
        for method in ("GET", "GET", "GET", "HEAD"):
            made = call(http, method, instruction["url"], cookies={})
            http.cookies.clear()
            words = "A preview bot looks at the link."
            if instruction["method"] == "POST":
                words = "A preview bot has the address alone: the token is in the body."
            yield made.told("bot", "service", words).event()
    yield note("Looking spent nothing: the shopper still gets in.")


def second_phone(instruction: dict[str, Any], token: str) -> Iterator[Event]:
    """Open the link with another phone, which has cookies of its own."""
    with requests.Session() as http:
        for made in _open(http, instruction, token):
            yield made.told("second", "service", "Another phone opens the link.").event()
    if made.response.status_code == 303:
        yield note("It came first, so it is in. The first phone will be told so.")
    else:
        yield note(f"The other phone reads: “{_words(made)}”")


def buyer(instruction: dict[str, Any], token: str) -> Iterator[Event]:
    """Open the link in a web view of the server's own, and order what is in checkout."""
    with requests.Session() as http:
        http.headers["Accept"] = _ACCEPT
        for made in _open(http, instruction, token):
            yield made.told("view", "service", "A web view opens the link.").event()
        if made.response.status_code != 303:
            yield note(f"It reads: “{_words(made)}”", good=False)
            return
        checkout = made.response.headers["Location"]
        made = call(http, "GET", checkout)
        yield made.told("view", "shop", "Checkout, with the bag.").event()
        key = re.search(r'name="form_key" value="([^"]*)"', made.response.text)
        form = {**_ADDRESS, "form_key": key[1] if key else ""}
        made = call(http, "POST", f"{checkout}placeorder/", data=form)
        yield made.told("view", "shop", "The demo fills in an address and orders.").event()
        made = call(http, "GET", made.response.headers["Location"])
        yield made.told("view", "shop", "Thank you for your purchase!").event()


def _open(http: requests.Session, instruction: dict[str, Any], token: str) -> Iterator[Made]:
    """Do as the instruction says, and post the page that it leads to."""
    if instruction["method"] == "GET":
        made = call(http, "GET", instruction["url"])
        yield made
        if made.response.ok:
            yield call(http, "POST", instruction["url"])
    else:
        yield call(http, "POST", instruction["url"], data={"token": token})


def _words(made: Made) -> str:
    """Give a page's heading and first sentence."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>\s*<p[^>]*>(.*?)</p>", made.response.text, re.DOTALL)
    parts = found.groups() if found else ("", "")
    return " · ".join(" ".join(unescape(part).split()) for part in parts)

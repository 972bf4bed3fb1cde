"""Others who open a link: a preview bot, a second phone, and a shopper who buys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import requests

from handoff_sandbox.phone.call_log import Event, TimedResponse, build_note, send_request

PAGE_ACCEPT = "text/html,application/xhtml+xml,*/*;q=0.8"
GUEST_ADDRESS = {
    "email": "guest@example.com",
    "firstname": "Gina",
    "lastname": "Guest",
    "street": "1 High Street",
    "city": "London",
    "postcode": "SW1A 1AA",
    "country_id": "GB",
    "telephone": "02070000000",
}


def preview_link(instruction: dict[str, Any]) -> Iterator[Event]:
    """Request the link as mail scanners and chat apps do, with three GETs and a HEAD."""
    text = "A preview bot requests the link."
    if instruction["method"] == "POST":
        text = "A preview bot knows only the address. The token is in the body."
    with requests.Session() as http:
        for method in ("GET", "GET", "GET", "HEAD"):
            answered = send_request(http, method, instruction["url"], cookies={})
            http.cookies.clear()
            yield answered.as_logged_call("bot", "service", text).as_event()
    yield build_note("The link is still unused: the shopper gets in.")


def open_on_second_phone(instruction: dict[str, Any], token: str) -> Iterator[Event]:
    """Open the link on another phone, which has cookies of its own."""
    with requests.Session() as http:
        for answered in _open_link(http, instruction, token):
            text = "Another phone opens the link."
            yield answered.as_logged_call("second", "service", text).as_event()
    if answered.response.status_code == 303:
        yield build_note("It is the first to open the link, so the first phone is refused.")
    else:
        yield build_note(f"The other phone shows: “{_read_page(answered)}”")


def buy_bag(instruction: dict[str, Any], token: str) -> Iterator[Event]:
    """Open the link in a web view of this server, and order what is in checkout."""
    with requests.Session() as http:
        http.headers["Accept"] = PAGE_ACCEPT
        for answered in _open_link(http, instruction, token):
            text = "A web view opens the link."
            yield answered.as_logged_call("view", "service", text).as_event()
        if answered.response.status_code != 303:
            yield build_note(f"It shows: “{_read_page(answered)}”", succeeded=False)
            return
        checkout = answered.response.headers["Location"]
        answered = send_request(http, "GET", checkout)
        yield answered.as_logged_call("view", "shop", "Checkout, with the bag.").as_event()
        key = re.search(r'name="form_key" value="([^"]*)"', answered.response.text)
        form = {**GUEST_ADDRESS, "form_key": key[1] if key else ""}
        answered = send_request(http, "POST", f"{checkout}placeorder/", data=form)
        text = "The demo fills in an address and places the order."
        yield answered.as_logged_call("view", "shop", text).as_event()
        answered = send_request(http, "GET", answered.response.headers["Location"])
        yield answered.as_logged_call("view", "shop", "Thank you for your purchase!").as_event()


def _open_link(
    http: requests.Session, instruction: dict[str, Any], token: str
) -> Iterator[TimedResponse]:
    """Follow the instruction, and post the page that it leads to."""
    if instruction["method"] == "GET":
        answered = send_request(http, "GET", instruction["url"])
        yield answered
        if answered.response.ok:
            yield send_request(http, "POST", instruction["url"])
    else:
        yield send_request(http, "POST", instruction["url"], data={"token": token})


def _read_page(answered: TimedResponse) -> str:
    """Return a page's heading and first sentence."""
    pattern = r"<h1[^>]*>(.*?)</h1>\s*<p[^>]*>(.*?)</p>"
    found = re.search(pattern, answered.response.text, re.DOTALL)
    parts = found.groups() if found else ("", "")
    return " · ".join(" ".join(unescape(part).split()) for part in parts)

"""The app's web view, without a screen: pages, forms, redirects, and cookies of its own."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from handoff.rehearsal.http import way_out
from handoff.rehearsal.outcome import Unexpected
from handoff.rehearsal.stop import Stop

_TIMEOUT = 30  # seconds
_MOST_REDIRECTS = 6
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 handoff-rehearsal",
    # Without */* Magento's checkout answers 500.
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en",
}
_HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Page:
    """What the web view was given. The address of a link is a credential and stays out of repr."""

    status: int
    url: str
    location: str
    text: str

    def __repr__(self) -> str:
        return f"Page({self.status})"

    @property
    def heading(self) -> str:
        """The words of the page's heading, or nothing."""
        found = _HEADING.search(self.text)
        return unescape(" ".join(_TAG.sub(" ", found[1]).split())) if found else ""

    @property
    def told(self) -> str:
        """The status, and the heading of the page."""
        return f"{self.status} “{self.heading}”" if self.heading else str(self.status)


class WebView:
    """A web view that has shown nothing yet."""

    def __init__(self, stop: Stop, http: requests.Session) -> None:
        self._stop = stop
        self._http = http
        self._http.headers.update(_HEADERS)

    def open(self, url: str, *, method: str, body: str, headers: dict[str, str]) -> Page:
        """Open an address as the app is told to, and follow no redirect."""
        own = dict(headers)
        if method == "POST":
            own["Content-Type"] = "application/x-www-form-urlencoded"
        return self._call(method, url, data=body or None, headers=own)

    def visit(self, url: str) -> Page:
        """Go to an address, and on from there till a page comes that redirects no further."""
        for _ in range(_MOST_REDIRECTS):
            page = self._call("GET", url)
            if not page.location:
                return page
            url = urljoin(page.url, page.location)
        raise Unexpected(
            "the redirects to come to an end",
            f"more than {_MOST_REDIRECTS}, the last to {_host_and_path(url)}",
            "See what redirects shoppers in a circle: http to https, or one host to another.",
        )

    def submit(self, page: Page) -> Page:
        """Post the page's own form, as its script does at once. Raises Unexpected without one."""
        form = _Form()
        form.feed(page.text)
        if not form.action:
            raise Unexpected(
                "the page that posts itself",
                page.told,
                "See what stands before the service and changes its pages.",
            )
        parts = urlsplit(page.url)
        origin = {"Origin": f"{parts.scheme}://{parts.netloc}"}
        return self._call("POST", urljoin(page.url, form.action), headers=origin)

    def get_json(self, url: str) -> Any:
        """Load something as the shop's scripts do; None where it is not JSON."""
        headers = {"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"}
        response = self._request("GET", url, headers=headers)
        try:
            return response.json()
        except ValueError:
            return None

    def post_form(self, url: str, fields: dict[str, str]) -> Page:
        """Post a form of the shop with its form key, which the shop's script makes up itself."""
        key = self.cookie("form_key", url)
        if key is None:
            key = secrets.token_hex(8)
            self._http.cookies.set("form_key", key)
        return self._call("POST", url, data={**fields, "form_key": key})

    def set_cookie(self, name: str, value: str, *, domain: str, path: str) -> None:
        """Take a cookie that the app puts in."""
        self._http.cookies.set(name, value, domain=domain, path=path)

    def cookie(self, name: str, url: str) -> str | None:
        """Return the value under which a cookie would be sent to an address."""
        request = self._http.prepare_request(requests.Request("GET", url))
        sent = request.headers.get("Cookie") or ""
        pairs = (part.partition("=") for part in sent.split("; "))
        return next((value for found, _, value in pairs if found == name), None)

    @property
    def cookie_names(self) -> set[str]:
        """The names of all cookies that it has taken."""
        return {cookie.name for cookie in iter(self._http.cookies)}

    def _call(self, method: str, url: str, **options: Any) -> Page:
        response = self._request(method, url, **options)
        response.encoding = response.encoding or "utf-8"
        location = response.headers.get("Location", "") if response.is_redirect else ""
        return Page(response.status_code, url, location, response.text)

    def _request(self, method: str, url: str, **options: Any) -> requests.Response:
        self._stop.check()
        try:
            return self._http.request(
                method, url, timeout=_TIMEOUT, allow_redirects=False, **options
            )
        except requests.RequestException as error:
            # Its words hold the address.
            came = f"none ({type(error).__name__})"
            raise Unexpected(f"an answer of {urlsplit(url).netloc}", came, way_out(error)) from None


class _Form(HTMLParser):
    """Finds where the first form of a page posts to."""

    action = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form" and not self.action:
            self.action = dict(attrs).get("action") or ""


def _host_and_path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"

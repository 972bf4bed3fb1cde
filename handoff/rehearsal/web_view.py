"""A web view of the app without a screen: pages, forms, redirects, and its own cookies."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from handoff.rehearsal.browser_session import choose_advice_key, read_json_object
from handoff.rehearsal.cancel_token import CancelToken
from handoff.rehearsal.results import StepFailure
from handoff.web_view_link import Instruction

_TIMEOUT = 30  # seconds
_MAX_REDIRECTS = 6
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 handoff-rehearsal",
    # Without */* Magento's checkout answers 500.
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en",
}
_FORM_TYPE = "application/x-www-form-urlencoded"
_HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page that the web view has loaded. The URL of a link is a credential."""

    status: int
    url: str = field(repr=False)
    location: str = field(repr=False)
    text: str = field(repr=False)

    @property
    def summary(self) -> str:
        """The status, and the text of the page's heading if it has one."""
        found = _HEADING.search(self.text)
        heading = unescape(" ".join(_TAG.sub(" ", found[1]).split())) if found else ""
        return f"{self.status} “{heading}”" if heading else str(self.status)


class WebView:
    """A web view. At the start it has loaded no page."""

    def __init__(self, cancel: CancelToken, session: requests.Session) -> None:
        self._cancel = cancel
        self._session = session
        self._session.headers.update(_HEADERS)

    def follow_instruction(self, instruction: Instruction) -> WebPage:
        """Set the cookies of an instruction and send its request, as the app does."""
        for cookie in instruction.cookies or ():
            self._session.cookies.set(
                cookie.name, cookie.value, domain=cookie.domain, path=cookie.path or "/"
            )
        headers = {header.name: header.value for header in instruction.headers or ()}
        if instruction.method == "POST":
            return self.post(instruction.url, instruction.body, headers)
        return self._load_page("GET", instruction.url, headers=headers)

    def post(self, url: str, body: str | None, headers: dict[str, str] | None = None) -> WebPage:
        """Post the body of a form, and follow no redirect."""
        headers = {**(headers or {}), "Content-Type": _FORM_TYPE}
        return self._load_page("POST", url, data=body, headers=headers)

    def load_without_redirects(self, url: str) -> WebPage:
        """Load a page and follow no redirect."""
        return self._load_page("GET", url)

    def visit(self, url: str) -> WebPage:
        """Load a page and follow redirects; raise StepFailure if they do not end."""
        for _ in range(_MAX_REDIRECTS):
            page = self._load_page("GET", url)
            if not page.location:
                return page
            url = urljoin(page.url, page.location)
        parts = urlsplit(url)  # a query may hold a session id
        actual = f"more than {_MAX_REDIRECTS}, the last to {parts.netloc}{parts.path}"
        raise StepFailure("the redirects to end", actual, "redirect_loop")

    def submit_form(self, page: WebPage) -> WebPage:
        """Post the first form of a page without any field, as the entry page has none.

        Raises StepFailure if the page has no form.
        """
        reader = _FormReader()
        try:
            reader.feed(page.text)
        except AssertionError:  # from html.parser, for a declaration that it does not know
            reader.action = ""
        if not reader.action:
            raise StepFailure("the page that posts itself", page.summary, "page_changed")
        parts = urlsplit(page.url)
        origin = {"Origin": f"{parts.scheme}://{parts.netloc}"}
        return self._load_page("POST", urljoin(page.url, reader.action), headers=origin)

    def post_shop_form(self, url: str, fields: dict[str, str]) -> WebPage:
        """Post a form of the shop with the form key of the cookie, or a new one.

        The shop's script invents the form key in the same way.
        """
        key = self.get_cookie("form_key", url)
        if key is None:
            key = secrets.token_hex(8)
            self._session.cookies.set("form_key", key)
        return self._load_page("POST", url, data={**fields, "form_key": key})

    def load_json_bytes(self, url: str) -> bytes:
        """Load JSON as the shop's scripts do, and return it unparsed."""
        headers = {"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"}
        return self._send("GET", url, headers=headers).content

    def ask_for_orders(self, url: str, *, shop_origin: str, page: str) -> dict[str, Any]:
        """Ask the service, as its script does in a page of the shop, which orders to report."""
        response = self._send("POST", url, data={"page": page}, headers={"Origin": shop_origin})
        answer = read_json_object(response)
        if not isinstance(answer.get("orders"), list):
            expected = "the orders that the page has to tell the app about"
            raise StepFailure(expected, str(response.status_code), "not_the_service")
        return answer

    def get_cookie(self, name: str, url: str) -> str | None:
        """Return the value of a cookie in a request to a URL, or None if it is not sent there."""
        request = self._session.prepare_request(requests.Request("GET", url))
        pairs = (part.partition("=") for part in (request.headers.get("Cookie") or "").split("; "))
        return next((value for found, _, value in pairs if found == name), None)

    def has_cookie(self, name: str) -> bool:
        """Return whether a cookie is set, for any URL."""
        return any(cookie.name == name for cookie in iter(self._session.cookies))

    def _load_page(self, method: str, url: str, **options: Any) -> WebPage:
        response = self._send(method, url, **options)
        response.encoding = response.encoding or "utf-8"
        location = response.headers.get("Location", "") if response.is_redirect else ""
        return WebPage(response.status_code, url, location, response.text)

    def _send(self, method: str, url: str, **options: Any) -> requests.Response:
        self._cancel.raise_if_requested()
        try:
            return self._session.request(
                method, url, timeout=_TIMEOUT, allow_redirects=False, **options
            )
        except requests.RequestException as error:
            # The message of the error holds the URL.
            expected, actual = f"an answer of {urlsplit(url).netloc}", type(error).__name__
            raise StepFailure(expected, f"none ({actual})", choose_advice_key(error)) from None


class _FormReader(HTMLParser):
    """Finds the URL to which the first form of a page posts."""

    action = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form" and not self.action:
            self.action = dict(attrs).get("action") or ""

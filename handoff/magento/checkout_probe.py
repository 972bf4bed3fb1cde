"""The shop's checkout and other pages, opened with a shop session in the place of a shopper.

Checkout sends shoppers back to the cart page for reasons that no API tells: guests may not buy,
the order is too small, a line is no longer available, or a rule of the shop itself. So a transfer
opens checkout before a shopper does, and doctor and rehearsal do it the same way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

from handoff.deadline import Deadline
from handoff.magento.client import MagentoClient
from handoff.magento.http_transport import HttpResponse, NoResponse
from handoff.magento.quote_models import Quote
from handoff.problems import (
    CheckoutOff,
    CheckoutRefused,
    Fault,
    GuestCheckoutOff,
    LinesRefused,
    MinimumNotReached,
    Problem,
    ShopTimeout,
    ShopUnavailable,
    StoreNotServed,
)
from handoff.settings.store_sites import SessionCookieSettings, StoreSite
from handoff.urls import is_cookie_sent_to

_CART_PAGE = "/checkout/cart"
_CART_SECTION = "/customer/section/load/?sections=cart"
_MAX_PAGES = 8
_BROWSER_HEADERS = {
    # Without */* Magento answers 500 to pages of the checkout.
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    # A session of a client that calls itself a monitor lives in Magento for a minute, not for ten.
    "User-Agent": "Mozilla/5.0 (compatible; Handoff; monitor)",
}

_LINES = "itemsV2(pageSize: 500) { items { product { sku stock_status } errors { code } } }"
_CONFIG = "storeConfig { is_one_page_checkout_enabled }"
_GUEST_QUERY = f"query($id: String!) {{ {_CONFIG} cart(cart_id: $id) {{ {_LINES} }} }}"
_CUSTOMER_QUERY = f"{{ {_CONFIG} cart: customerCart {{ {_LINES} }} }}"


class PageFetcher(Protocol):
    """Requests one page and follows no redirect; raises NoResponse."""

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str], deadline: Deadline
    ) -> HttpResponse: ...


@dataclass(frozen=True, slots=True)
class ShopperSession:
    """A shop session, and the store view for whose pages it is. The id is a credential."""

    site: StoreSite
    session_id: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class VisitedPage:
    """A page that was requested, and the answer; status 0 and a `failure` if none came."""

    url: str
    response: HttpResponse
    failure: NoResponse | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port of the URL, as browsers write an origin."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @property
    def path(self) -> str:
        """The path of the URL."""
        return urlsplit(self.url).path


@dataclass(frozen=True, slots=True)
class StorefrontVisit:
    """The pages that were requested one after the other, and the last id of the session."""

    pages: tuple[VisitedPage, ...]
    session_id: str = field(repr=False)

    @property
    def last(self) -> VisitedPage:
        """The page at which the visit ended."""
        return self.pages[-1]


class CheckoutInconclusive(Exception):
    """Checkout gave no answer that says yes or no; `reason` is a word for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CheckoutProbe:
    """Opens pages of the shop with a shop session, and says whether checkout takes the quote."""

    def __init__(
        self,
        client: MagentoClient,
        *,
        checkout_hosts: tuple[str, ...] = (),
        fetch_page: PageFetcher | None = None,
    ) -> None:
        """`checkout_hosts` are other hosts (and ports) to which checkout may redirect.

        `fetch_page` replaces the client's way to pages, which uses the address of the shop's REST.
        """
        self._client = client
        self._checkout_hosts = checkout_hosts
        self._fetch_page: PageFetcher = fetch_page or client.page

    def open_page(
        self,
        session: ShopperSession,
        url: str,
        *,
        deadline: Deadline,
        method: str = "GET",
        follow_redirects: bool = False,
    ) -> StorefrontVisit:
        """Request a page with the cookies that a browser would send, and follow up to 7 redirects.

        Magento renews the session id on the way; later pages get the new one. A page without an
        answer is the last.
        """
        pages: list[VisitedPage] = []
        cookie, session_id = session.site.session_cookie, session.session_id
        while url and len(pages) < (_MAX_PAGES if follow_redirects else 1):
            headers = _headers(url, ShopperSession(session.site, session_id))
            try:
                response = self._fetch_page(method, url, headers=headers, deadline=deadline)
            except NoResponse as failure:
                pages.append(VisitedPage(url, HttpResponse(0), failure))
                break
            pages.append(VisitedPage(url, response))
            session_id = _find_cookie(response.set_cookies, cookie.name) or session_id
            url = _next_url(url, response.location)
        return StorefrontVisit(tuple(pages), session_id)

    def accepts(self, session: ShopperSession, *, deadline: Deadline) -> bool:
        """Return whether checkout opens and does not send the shopper back to the cart page.

        Raises StoreNotServed if checkout is on a host to which browsers do not send the session
        cookie, and CheckoutInconclusive for any other answer, or none.
        """
        site = session.site
        visit = self.open_page(session, site.checkout_url, deadline=deadline, method="HEAD")
        response, failure = visit.last.response, visit.last.failure
        if failure is not None:
            raise CheckoutInconclusive("timeout" if failure.kind == "timeout" else "unreachable")
        if response.location:
            if not self._keeps_session(site, response.location):
                raise StoreNotServed(
                    f"The shop has the checkout of the store view {site.store_code} on another "
                    "host than HANDOFF_STORES, where its url is missing or wrong."
                )
            if not _path(response.location).endswith(_CART_PAGE):
                raise CheckoutInconclusive("redirected_elsewhere")
            return False
        if response.status != HTTPStatus.OK:
            raise CheckoutInconclusive(f"status_{response.status}")
        return True

    def explain_refusal(
        self, session: ShopperSession, quote: Quote, token: str | None, *, deadline: Deadline
    ) -> Problem:
        """Return the reason why checkout does not take a quote, CheckoutRefused if none is known.

        `token` is the customer's for a customer's quote. Nothing here depends on the shop's
        language.
        """
        try:
            return self._find_reason(session, quote, token, deadline) or CheckoutRefused()
        except (ShopUnavailable, ShopTimeout, NoResponse):
            return CheckoutRefused()

    def _find_reason(
        self, session: ShopperSession, quote: Quote, token: str | None, deadline: Deadline
    ) -> Problem | None:
        section = parse_cart_section(self._get_body(session, _CART_SECTION, deadline))
        if section.get("summary_count") == 0:
            return CheckoutRefused("The shop does not find the quote in the web session for it.")
        if section.get("possible_onepage_checkout") is False:
            return self._find_switch_or_lines(session, quote, token, deadline)
        if token is None and section.get("isGuestCheckoutAllowed") is False:
            return GuestCheckoutOff()
        cart_page = self._get_body(session, f"{_CART_PAGE}/", deadline)
        return MinimumNotReached() if _has_disabled_button(cart_page) else None

    def _find_switch_or_lines(
        self, session: ShopperSession, quote: Quote, token: str | None, deadline: Deadline
    ) -> Problem | None:
        answer = self._client.graphql(
            _GUEST_QUERY if token is None else _CUSTOMER_QUERY,
            {"id": quote.masked_id} if token is None else {},
            store=session.site.store_code,
            token=token,
            currency=quote.currency,
            deadline=deadline,
        )
        try:
            if answer.body["data"]["storeConfig"]["is_one_page_checkout_enabled"] is False:
                return CheckoutOff()
            faults = tuple(_line_faults(answer.body["data"]["cart"]["itemsV2"]["items"]))
        except (KeyError, TypeError, IndexError):
            return None
        return LinesRefused(faults=faults) if faults else None

    def _get_body(self, session: ShopperSession, path: str, deadline: Deadline) -> bytes:
        url = f"{session.site.storefront_url}{path}"
        page = self.open_page(session, url, deadline=deadline).last
        if page.failure is not None:
            raise page.failure
        if page.response.is_truncated:
            raise ShopUnavailable
        return page.response.body

    def _keeps_session(self, site: StoreSite, location: str) -> bool:
        """Return whether a redirect leads to a host with the session cookie, or a known one."""
        try:
            parts = urlsplit(location)
        except ValueError:
            return True
        host = parts.hostname or ""
        if not host or {host, parts.netloc.lower()} & set(self._checkout_hosts):
            return True
        return is_cookie_sent_to(host, site.session_cookie.domain.removeprefix("."))


def parse_cart_section(body: bytes) -> dict[str, Any]:
    """Return what the shop tells its own scripts about the cart of a session, empty if nothing.

    `summary_count` is 0 if the session has no quote, `possible_onepage_checkout` False if checkout
    is off or a line has an error, `isGuestCheckoutAllowed` False if guests may not buy.
    """
    try:
        section = json.loads(body)["cart"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return {}
    return section if isinstance(section, dict) else {}


def _headers(url: str, session: ShopperSession) -> dict[str, str]:
    site, headers = session.site, dict(_BROWSER_HEADERS)
    if url.startswith("https:"):
        # Without a page on https before it, Magento gives the session a second id.
        headers["Referer"] = f"https://{urlsplit(url).netloc}/"
    if _is_sent_with(url, site.session_cookie):
        # In another store view checkout would convert the quote's total to that one's currency.
        cookies = {site.session_cookie.name: session.session_id, "store": site.store_code}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return headers


def _is_sent_with(url: str, cookie: SessionCookieSettings) -> bool:
    parts = urlsplit(url)
    below = parts.path == cookie.path or parts.path.startswith(f"{cookie.path.rstrip('/')}/")
    is_in_domain = is_cookie_sent_to(parts.hostname or "", cookie.domain.removeprefix("."))
    return is_in_domain and below and (parts.scheme == "https" or not cookie.secure)


def _next_url(url: str, location: str) -> str:
    """Return where a redirect leads, empty if there is none or its target is not a URL."""
    try:
        return urljoin(url, location) if location else ""
    except ValueError:
        return ""


def _find_cookie(set_cookies: tuple[str, ...], name: str) -> str | None:
    """Return the value of the last `Set-Cookie` line with a name, which is the one that counts."""
    pairs = (line.partition(";")[0].partition("=") for line in reversed(set_cookies))
    return next((value.strip() for found, _, value in pairs if found.strip() == name), None)


def _path(location: str) -> str:
    try:
        return urlsplit(location).path.rstrip("/")
    except ValueError:
        return ""


def _line_faults(items: list[Any]) -> Iterator[Fault]:
    """Yield a fault for each line with errors, by Magento's codes: its messages are translated."""
    for item in items:
        codes = {error["code"] for error in item["errors"] or ()}
        if codes:
            sku = str(item["product"]["sku"])
            is_sold_out = item["product"]["stock_status"] == "OUT_OF_STOCK"
            yield _line_fault(sku, codes, is_sold_out=is_sold_out)


def _line_fault(sku: str, codes: set[str], *, is_sold_out: bool) -> Fault:
    if is_sold_out:
        return Fault("unavailable", "This item is not available at present.", sku=sku)
    if codes & {"ITEM_QTY", "ITEM_INCREMENTS"}:
        return Fault("quantity_unavailable", "The shop does not sell this quantity.", sku=sku)
    return Fault("refused", "The shop refuses this line.", sku=sku)


def _has_disabled_button(cart_page: bytes) -> bool:
    """Return whether the cart page shows its button to checkout disabled.

    Magento disables the button for a minimum order amount alone; for other reasons it is missing.
    """
    reader = _ButtonReader()
    reader.feed(cart_page.decode("utf-8", "replace"))
    return reader.is_disabled


class _ButtonReader(HTMLParser):
    is_disabled = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if attributes.get("data-role") == "proceed-to-checkout" and "disabled" in attributes:
            self.is_disabled = True

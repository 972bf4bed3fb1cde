"""Opens the shop's checkout and other pages with a shop session, as a shopper's browser would.

Checkout sends shoppers back to the cart page for reasons that no API reports: guests may not buy,
the order is too small, a line is no longer available, or the shop has a rule of its own. So a
transfer opens checkout before a shopper does, and doctor and rehearsal do the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from http import HTTPStatus
from typing import Protocol
from urllib.parse import unquote, urljoin, urlsplit

from handoff.deadline import Deadline
from handoff.magento.client import MagentoClient
from handoff.magento.http_transport import HttpResponse, find_cookie_value
from handoff.magento.no_response import NoResponse
from handoff.magento.page_data import CART_SECTION
from handoff.magento.unusable_answers import classify_page, log_unusable_answer
from handoff.problems import StoreNotServed
from handoff.settings.store_view_models import SessionCookieSettings, StoreSite, is_cookie_sent_to

CART_PAGE = "/checkout/cart"
_ACCOUNT_PAGE = "/customer/account/edit"
_MAX_PAGES = 8
BROWSER_HEADERS = {
    # Without */* Magento answers 500 to pages of the checkout.
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    # If a client calls itself a monitor, Magento keeps its session for one minute, not for ten.
    "User-Agent": "Mozilla/5.0 (compatible; Handoff; monitor)",
}
"""The headers with which pages of the shop are opened."""

OTHER_COOKIES = frozenset(
    {"form_key", "mage-messages", "private_content_version", "X-Magento-Vary"}
)
"""The cookies, besides the session's, that Magento's checkout may set."""


class PageFetcher(Protocol):
    """Requests one page and follows no redirect; raises NoResponse."""

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str], deadline: Deadline
    ) -> HttpResponse: ...


@dataclass(frozen=True, slots=True)
class ShopSession:
    """A shop session, and the site whose pages it opens. Session ids are credentials.

    The id is empty until the shop has made the session. `renewed_ids` are the ids that the shop
    gave to the session with each page, in this order.
    """

    site: StoreSite
    session_id: str = field(repr=False)
    renewed_ids: list[str] = field(default_factory=list, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class VisitedPage:
    """A requested page and the answer; without an answer, status 0 and a `failure`."""

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


class CheckoutReply(Enum):
    """The page that checkout leads to: its own, the cart, the account's data, or an error."""

    ACCEPTED = auto()
    SENT_TO_CART = auto()
    SENT_TO_ACCOUNT = auto()
    ERROR_PAGE = auto()


class CheckoutInconclusive(Exception):
    """Checkout neither accepted nor refused the quote; `reason` is a word for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CheckoutProbe:
    """Opens pages of the shop with a shop session, and finds out where checkout leads."""

    def __init__(
        self,
        client: MagentoClient,
        *,
        checkout_hosts: tuple[str, ...] = (),
        fetch_page: PageFetcher | None = None,
    ) -> None:
        """`checkout_hosts` are other hosts (and ports) to which checkout may redirect.

        `fetch_page` replaces the client's own method, which uses the address of the shop's REST.
        """
        self.client = client
        self._checkout_hosts = checkout_hosts
        self._fetch_page: PageFetcher = fetch_page or client.request_page

    def open_page(
        self,
        session: ShopSession,
        url: str,
        *,
        deadline: Deadline,
        method: str = "GET",
        follow_redirects: bool = False,
    ) -> tuple[VisitedPage, ...]:
        """Request a page as a browser would, and follow up to 7 redirects; return all pages.

        Magento renews the session id on the way; later pages get the new one. A page without
        an answer is the last.
        """
        pages: list[VisitedPage] = []
        cookie, session_id = session.site.session_cookie, session.session_id
        while url and len(pages) < (_MAX_PAGES if follow_redirects else 1):
            headers = build_page_headers(url, ShopSession(session.site, session_id))
            try:
                response = self._fetch_page(method, url, headers=headers, deadline=deadline)
            except NoResponse as failure:
                pages.append(VisitedPage(url, HttpResponse(0), failure))
                break
            pages.append(VisitedPage(url, response))
            session_id = find_cookie_value(response, cookie.name) or session_id
            session.renewed_ids.append(unquote(session_id))  # PHP encodes a comma in a cookie
            url = _resolve_redirect(url, response.location)
        return tuple(pages)

    def ask_checkout(
        self, session: ShopSession, *, deadline: Deadline, method: str = "HEAD"
    ) -> CheckoutReply:
        """Return where checkout leads. An answer of 500 or more is an error page, and logged.

        Raises StoreNotServed if checkout is on a host to which browsers do not send the session
        cookie, and CheckoutInconclusive for any other answer or for no answer.
        """
        pages = self.open_page(session, session.site.checkout_url, deadline=deadline, method=method)
        return self.classify_checkout(session.site, pages[-1])

    def classify_checkout(self, site: StoreSite, page: VisitedPage) -> CheckoutReply:
        """Return where the answer to a request for checkout leads. Raises as `ask_checkout`."""
        response, failure = page.response, page.failure
        if failure is not None:
            raise _build_inconclusive_error(failure)
        if response.location:
            return self._classify_redirect(site, response.location)
        if response.status == HTTPStatus.OK:
            return CheckoutReply.ACCEPTED
        log_unusable_answer(response)
        if classify_page(response) == "challenge":
            raise CheckoutInconclusive("challenge")
        if response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise CheckoutInconclusive(f"status_{response.status}")
        return CheckoutReply.ERROR_PAGE

    def try_reading_session(self, session: ShopSession, *, deadline: Deadline) -> bool:
        """Return False if a page fails that does little more than read the session.

        Raises CheckoutInconclusive if there is no answer.
        """
        url = f"{session.site.storefront_url}{CART_SECTION}"
        page = self.open_page(session, url, deadline=deadline)[-1]
        if page.failure is not None:
            raise _build_inconclusive_error(page.failure)
        return page.response.status < HTTPStatus.INTERNAL_SERVER_ERROR

    def _classify_redirect(self, site: StoreSite, location: str) -> CheckoutReply:
        path = get_path_without_end_slash(location)
        # A gate in front of the shop redirects as well, to a login of its own.
        is_of_shop = "checkout" in path or "cart" in path
        if is_of_shop and not self._is_redirect_within_shop(site, location):
            raise StoreNotServed(
                f"The shop has the checkout of the store view {site.store_code} on another "
                "host than HANDOFF_STORES, where its url is missing or wrong."
            )
        if path.endswith(CART_PAGE):
            return CheckoutReply.SENT_TO_CART
        if path.endswith(_ACCOUNT_PAGE):
            return CheckoutReply.SENT_TO_ACCOUNT
        raise CheckoutInconclusive("redirected_elsewhere")

    def _is_redirect_within_shop(self, site: StoreSite, location: str) -> bool:
        """Return whether a redirect leads to a host with the session cookie, or a known one."""
        try:
            parts = urlsplit(location)
        except ValueError:
            return True
        host = parts.hostname or ""
        if not host or {host, parts.netloc.lower()} & set(self._checkout_hosts):
            return True
        return is_cookie_sent_to(host, site.session_cookie.domain.removeprefix("."))


def _build_inconclusive_error(failure: NoResponse) -> CheckoutInconclusive:
    return CheckoutInconclusive("timeout" if failure.kind == "timeout" else "unreachable")


def build_page_headers(url: str, session: ShopSession) -> dict[str, str]:
    """Return the headers of a browser that has this session, with a monitor's user agent."""
    site, headers = session.site, dict(BROWSER_HEADERS)
    if url.startswith("https:"):
        # Without a Referer on https, Magento gives the session a second id.
        headers["Referer"] = f"https://{urlsplit(url).netloc}/"
    if _is_cookie_sent(url, site.session_cookie):
        # In another store view checkout would convert the quote's total to that one's currency.
        cookies = {site.session_cookie.name: session.session_id, "store": site.store_code}
        if not session.session_id:
            del cookies[site.session_cookie.name]
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return headers


def _is_cookie_sent(url: str, cookie: SessionCookieSettings) -> bool:
    parts = urlsplit(url)
    below = parts.path == cookie.path or parts.path.startswith(f"{cookie.path.rstrip('/')}/")
    is_in_domain = is_cookie_sent_to(parts.hostname or "", cookie.domain.removeprefix("."))
    return is_in_domain and below and (parts.scheme == "https" or not cookie.secure)


def _resolve_redirect(url: str, location: str) -> str:
    """Return the URL of a redirect, empty without a redirect or if its target is not a URL."""
    try:
        return urljoin(url, location) if location else ""
    except ValueError:
        return ""


def get_path_without_end_slash(url: str) -> str:
    """Return the path of a URL without a slash at its end, empty if it is no URL."""
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""

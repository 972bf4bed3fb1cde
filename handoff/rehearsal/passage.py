"""One passage from a transfer to checkout, as every kind of shopper makes it."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from handoff.bag import BagLine, sku_key
from handoff.rehearsal.carts import in_words
from handoff.rehearsal.checkout import Checkout, read_checkout
from handoff.rehearsal.cloud import Cloud
from handoff.rehearsal.http import open_http
from handoff.rehearsal.instruction import Instruction
from handoff.rehearsal.outcome import BREACH, Unexpected
from handoff.rehearsal.stop import Stop
from handoff.rehearsal.web_view import Page, WebView
from handoff.settings.store_views import StoreView

_ENDINGS: dict[int, str] = {
    HTTPStatus.SERVICE_UNAVAILABLE: "The service cannot write to HANDOFF_SESSION_STORE, or not to "
    "its ledger: its log says which.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The service's log has the error.",
    HTTPStatus.NOT_FOUND: "The link did not reach the service whole: see what stands before it. "
    "Do all its processes have the same HANDOFF_SECRET_KEY?",
    HTTPStatus.GONE: "Something has opened the link before, or the clock of the service is off.",
}

_OTHER_BAG = (
    "Another session or cart is shown, or the shop changes carts by itself: by a rule, or a module."
)
_OTHER_STORE = "Checkout runs in another store view than the quote: see HANDOFF_STORES."


class Passage:
    """A shopper's way in, with a web view of its own."""

    def __init__(self, cloud: Cloud, store: StoreView, stop: Stop) -> None:
        """Take the store view whose checkout it has to come to."""
        self._cloud = cloud
        self._place = cloud.settings.build_store_site(store)
        self._stop = stop
        self._instruction: Instruction | None = None
        self._sent_to = ""
        self.view = self._fresh_view()

    @property
    def storefront(self) -> str:
        """Where the shop's pages are."""
        return self._place.storefront_url

    def transfer(self, body: dict[str, Any]) -> str:
        """Ask for a way in."""
        self._instruction = self._cloud.instruction(body)
        return f"handoff {self._instruction.handoff[:8]}, to open by {self._instruction.method}"

    def enter(self) -> str:
        """Let the web view in, after somebody else has looked at the link."""
        if self._by_url:
            self._given.opened_by(self._fresh_view())
        answer = self._open_and_post(self.view)
        self._require_way_in(answer)
        return "303 to checkout, with a session of the shop"

    def enter_directly(self, **fields: str) -> Checkout:
        """Let a fresh web view bring the quote itself, and read what is in its checkout."""
        self.view = self._fresh_view()
        url, body = f"{self._place.public_url}/enter", urlencode(fields)
        self._require_way_in(self.view.open(url, method="POST", body=body, headers={}))
        return self.see_checkout()

    def see_checkout(self) -> Checkout:
        """Let the web view go to checkout, and read what is there."""
        return read_checkout(self.view, self.view.visit(self._sent_to), self.storefront)

    def see_checkout_anyhow(self) -> Checkout:
        """Read what is in checkout, and get in first where that has not been done."""
        if not self._sent_to:
            self.enter()
        return self.see_checkout()

    def reopen(self) -> str:
        """Open the link again in the same web view, as a double tap or a lost answer does."""
        answer = self._open_and_post(self.view)
        if not self._cloud.settings.reopen_grace:
            self._require_gone(answer, "the link to be good once, as HANDOFF_REOPEN_GRACE is 0")
            return "refused, as HANDOFF_REOPEN_GRACE is 0"
        self._require_way_in(answer)
        return "let in again, to the same bag"

    def second_web_view(self) -> str:
        """Open the link with another web view, which must not come in."""
        other = self._fresh_view()
        self._require_gone(self._open_and_post(other), "a second web view to be refused")
        if self._place.session_cookie.name in other.cookie_names:
            raise _breach("no session for a second web view", "a session cookie")
        return "410, and no session"

    def altered_link(self) -> str:
        """Open a link that nobody has signed."""
        page = self._given.altered.opened_by(self._fresh_view())
        if page.status != HTTPStatus.NOT_FOUND:
            raise _breach("an altered link to be unknown, 404", page.told)
        return "404"

    def _fresh_view(self) -> WebView:
        urls = (self._place.public_url, self._place.storefront_url)
        return WebView(self._stop, open_http(self._cloud.settings, *urls))

    @property
    def _given(self) -> Instruction:
        if self._instruction is None:
            raise LookupError("nothing has been transferred yet")
        return self._instruction

    @property
    def _by_url(self) -> bool:
        return self._given.method == "GET"

    def _open_and_post(self, view: WebView) -> Page:
        """Do as the instruction says, and post the page that comes where one comes."""
        page = self._given.opened_by(view)
        if self._by_url and page.status == HTTPStatus.OK:
            page = view.submit(page)
        return page

    def _require_way_in(self, answer: Page) -> None:
        expected = "303 to checkout"
        if answer.status != HTTPStatus.SEE_OTHER:
            todo = _ENDINGS.get(answer.status, "See the service's log.")
            raise Unexpected(expected, answer.told, todo)
        shop, sent = urlsplit(self.storefront), urlsplit(answer.location)
        if (sent.scheme, sent.netloc) != (shop.scheme, shop.netloc):
            raise Unexpected(
                f"{expected} of {shop.netloc}",
                f"303 to {sent.netloc}",
                "The running service has other settings than these: start it anew.",
            )
        self._sent_to = answer.location
        name = self._place.session_cookie.name
        if not self.view.cookie(name, answer.location):
            raise Unexpected(
                f"the cookie {name} for {shop.netloc}",
                "the web view does not take it, or does not send it there",
                "See HANDOFF_SESSION_COOKIE_DOMAIN and _PATH, and http against https.",
            )

    def _require_gone(self, answer: Page, expected: str) -> None:
        if answer.status != HTTPStatus.GONE:
            raise _breach(f"{expected}, 410", answer.told)


def require_equal(came: tuple[BagLine, ...], lines: tuple[BagLine, ...], todo: str) -> None:
    """Raise Unexpected unless the two hold the same of the same, in whatever order."""
    if _sums(came) != _sums(lines):
        raise Unexpected(f"exactly {in_words(lines)}", in_words(came), todo)


def require_bag(seen: Checkout, lines: tuple[BagLine, ...], currency: str) -> None:
    """Raise Unexpected unless checkout holds exactly these lines, in this currency."""
    require_equal(seen.lines, lines, _OTHER_BAG)
    if seen.currency != currency:
        raise Unexpected(f"checkout in {currency}", f"in {seen.currency}", _OTHER_STORE)


def require_total(seen: Checkout, total: Decimal) -> None:
    """Raise Unexpected unless checkout wants what the shop's REST says that the quote costs."""
    if seen.total != total:
        raise Unexpected(
            f"the total of the quote, {total} {seen.currency}",
            f"{seen.total} {seen.currency} in checkout",
            _OTHER_STORE,
        )


def _sums(lines: tuple[BagLine, ...]) -> dict[str, Decimal]:
    return {sku_key(line.sku): line.quantity for line in lines}


def _breach(expected: str, came: str) -> Unexpected:
    return Unexpected(expected, came, BREACH)

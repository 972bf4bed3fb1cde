"""Trial of checkout: a guest cart with one product, a web session for it, and the checkout page.

If checkout shows the product, then the session store, the name of the cookie, the website's
number, the format of a session and the path of checkout are right. If not, the trial finds out
which one is wrong:

- The session contains a form key of ours. If a page shows it, the shop has read the session.
- If the cart page shows the product, the shop has found the quote, and checkout refuses it.
- A session that names every website shows if another website's number is the right one.
"""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from http import HTTPStatus
from urllib.parse import unquote

from handoff.doctor.check_result import fault, ok, unknown, warning
from handoff.doctor.doctor_shop_client import DoctorShopClient
from handoff.doctor.trial_carts import RestCart
from handoff.doctor.trial_sessions import open_page_with_session, write_session
from handoff.magento.checkout_probe import VisitedPage
from handoff.magento.http_transport import find_set_cookie, read_json
from handoff.settings.store_view_models import StoreView
from handoff.shop_session.session_contents import SessionSerializer
from handoff.shop_session.store import SessionStoreError

_WEBSITE_IDS = range(1, 31)


class CheckoutTrialOutcome(Enum):
    """How a trial of checkout ended: a check result, with placeholders for the facts."""

    BAG_IN_CHECKOUT = ok(
        "Checkout shows a bag of {sku} from a session that we have written: session store, "
        "cookie, website and path are right."
    )
    BAG_IN_STOREFRONT_SESSION = ok(
        "Checkout shows a bag of {sku} in a session that the shop's own pages have made."
    )
    STOREFRONT_UNUSABLE = fault(
        "The shop's own pages make no session with a bag of {sku}. {problem}",
        "See docs/storefront-sessions.md. If something protects the shop against robots, it has to "
        "let Handoff's calls through.",
    )
    SESSION_TIED = fault(
        "The shop's own pages make a session with a bag of {sku}, but another browser finds no bag "
        "in it.",
        "See the check Ties of sessions.",
    )
    EMPTY_CHECKOUT = warning(
        "Checkout opens with our session, but its page does not contain {sku}.",
        "Open a link of the service by hand, and check whether the bag is right.",
    )
    SESSION_NOT_READ = fault(
        "The shop does not read the session that we have written to {session_store}.",
        "Compare HANDOFF_SESSION_STORE with session in the shop's app/etc/env.php. Then check "
        "HANDOFF_SESSION_COOKIE_NAME, and whether PHP's session.serialize_handler is php or "
        "php_serialize: Handoff writes no other format.{session_store_hint}",
    )
    WRONG_SERIALIZER = fault(
        "The shop's PHP keeps sessions in the format {right_serializer}.",
        "Set HANDOFF_SESSION_SERIALIZER={right_serializer}.",
    )
    WRONG_WEBSITE = fault(
        "The shop finds no quote for website {website_id}, but for website {right_website_id}.",
        'Set "website_id": {right_website_id} for {store} in HANDOFF_STORES.',
    )
    QUOTE_NOT_FOUND = fault(
        "The shop reads the session, but does not find the quote.{shop_message}",
        "Check whether store view {store} (store_id {store_id}) belongs to the website at {url}.",
    )
    CHECKOUT_REFUSED = fault(
        "The bag is in the cart, and checkout redirects back to it.{shop_message}",
        "Check whether guest checkout is allowed, and the minimum order amount (Sales, Minimum "
        "Order Amount). Open the cart to read its message.",
    )
    BAG_REFUSED = fault(
        "Guest checkout is allowed, but checkout redirects back to the cart.{shop_message}",
        "Is one {sku} below the minimum (Sales, Minimum Order Amount)? Then try a more expensive "
        "product: --sku. Otherwise open the cart and read its message.",
    )
    GUESTS_REFUSED = fault(
        "Guest checkout is switched off: guests get no further than the cart.{shop_message}",
        "Allow it: Stores, Configuration, Sales, Checkout, Allow Guest Checkout. Or let the app "
        "transfer customers only.",
    )
    PAGE_NOT_FOUND = fault(
        "There is no page at {url} (404).",
        "Set HANDOFF_CHECKOUT_PATH to the path of the shop's checkout.",
    )
    SESSION_UNREADABLE = fault(
        "The shop answers {status} with the session that we have written to {session_store}, and "
        "works without it: its PHP cannot read it.",
        "The shop reads neither of the formats that Handoff writes, php and php_serialize. If "
        "session.serialize_handler is igbinary or php_binary in the shop's php.ini, set it to php, "
        "which is PHP's default. If sessions are files, PHP refuses files of another user: run "
        "Handoff as PHP's user.",
    )
    ERROR_STATUS = fault(
        "The shop answers {status} to checkout, with our session and without it.",
        "See the shop's var/log and var/report.",
    )
    NO_RESPONSE = fault(
        "Checkout redirects to {url}, which does not answer. {no_response_reason}",
        "Set HANDOFF_STOREFRONT_URL to the shop's public address, which this machine must reach.",
    )
    OTHER_PAGE = fault(
        "Checkout redirects to {url}, which does not show the bag.{shop_message}",
        "Set HANDOFF_CHECKOUT_PATH to the path of checkout, or check if it requires a login.",
    )
    NO_CART = fault(
        "The shop creates no guest cart (status {status}).{shop_message}",
        "Check whether a firewall blocks POST /rest/…/V1/guest-carts.",
    )
    NO_PRODUCT = unknown(
        "No product was found that can be added to a cart without options.{shop_message}",
        "Name a simple product that is for sale: --sku.",
    )
    SESSION_NOT_WRITTEN = unknown(
        "No session could be written to the session store.", "See the check Session store."
    )


_UNREAD = (CheckoutTrialOutcome.SESSION_NOT_READ, CheckoutTrialOutcome.SESSION_UNREADABLE)


@dataclass(frozen=True, slots=True)
class CheckoutTrial:
    """The result of a trial: its cart, and the pages from checkout to the last redirect.

    `right_website_id` is the website whose number works, and `right_serializer` the format that
    the shop reads, if they are not those of the settings. `problem` says why the shop's own pages
    make no session.
    """

    outcome: CheckoutTrialOutcome
    cart: RestCart
    pages: tuple[VisitedPage, ...] = field(default=(), repr=False)
    right_website_id: int | None = None
    right_serializer: SessionSerializer | None = None
    problem: str = ""

    @property
    def has_reached_checkout(self) -> bool:
        """Whether the last page is checkout, with the bag."""
        return self.outcome in (
            CheckoutTrialOutcome.BAG_IN_CHECKOUT,
            CheckoutTrialOutcome.BAG_IN_STOREFRONT_SESSION,
        )

    @property
    def status(self) -> int:
        """The status of the last response: of checkout, or of the cart if no page was opened."""
        return self.pages[-1].response.status if self.pages else self.cart.status

    @property
    def message(self) -> str:
        """The message of the shop, empty if it has shown none."""
        return _read_shop_message(self.pages) if self.pages else self.cart.message


def try_checkout(
    shop: DoctorShopClient, store: StoreView, cart: RestCart, sku: str
) -> CheckoutTrial:
    """Open checkout with a cart that holds one sku, and diagnose a failure."""
    quote = read_json(shop.call_rest("GET", f"guest-carts/{cart.masked_id}", store=None))
    serializer = shop.settings.session_serializer
    trial = _CheckoutTrialRun(shop, store, int(quote["id"]), sku, serializer)
    try:
        visit = trial.visit_checkout([store.website_id])
        outcome, website_id = _diagnose_visit(visit), None
        if outcome is CheckoutTrialOutcome.QUOTE_NOT_FOUND:
            website_id = trial.find_website_id([n for n in _WEBSITE_IDS if n != store.website_id])
            outcome = CheckoutTrialOutcome.WRONG_WEBSITE if website_id else outcome
        if outcome is CheckoutTrialOutcome.ERROR_STATUS and trial.try_without_session():
            outcome = CheckoutTrialOutcome.SESSION_UNREADABLE
        if outcome in _UNREAD:
            other = trial.try_other_serializer()
            if other:
                outcome = CheckoutTrialOutcome.WRONG_SERIALIZER
                return CheckoutTrial(outcome, cart, visit.pages, right_serializer=other)
    except SessionStoreError:
        return CheckoutTrial(CheckoutTrialOutcome.SESSION_NOT_WRITTEN, cart)
    return CheckoutTrial(outcome, cart, visit.pages, website_id)


@dataclass(frozen=True, slots=True)
class _CheckoutVisit:
    """The pages from checkout to the last redirect, and what they show."""

    pages: tuple[VisitedPage, ...]
    has_form_key: bool
    has_product: bool


@dataclass(frozen=True, slots=True)
class _CheckoutTrialRun:
    shop: DoctorShopClient
    store: StoreView
    quote_number: int
    sku: str
    serializer: SessionSerializer

    def visit_checkout(self, website_ids: Iterable[int]) -> _CheckoutVisit:
        """Write a session with the quote for these websites, and open checkout with it."""
        form_key = "".join(secrets.choice(string.ascii_letters) for _ in range(16))
        quotes = {f"quote_id_{number}": str(self.quote_number) for number in website_ids}
        entries = {"default": {"_form_key": form_key}, "checkout": quotes}
        session_id = write_session(self.shop, entries, self.serializer)
        pages = open_page_with_session(self.shop, self.store, session_id)
        html = "".join(page.response.text for page in pages)
        return _CheckoutVisit(pages, form_key in html, self.sku in html)

    def try_without_session(self) -> bool:
        """Return whether checkout answers a request without a session with no error."""
        first = open_page_with_session(self.shop, self.store, "")[0]
        return first.failure is None and first.response.status < HTTPStatus.BAD_REQUEST

    def try_other_serializer(self) -> SessionSerializer | None:
        """Return the other format if the shop reads a session in it."""
        other: SessionSerializer = "php" if self.serializer == "php_serialize" else "php_serialize"
        visit = replace(self, serializer=other).visit_checkout([self.store.website_id])
        is_read = visit.has_form_key or visit.has_product
        return other if is_read else None

    def find_website_id(self, candidates: list[int]) -> int | None:
        """Return the website whose number works, by a binary search; None if none does."""
        if not self.visit_checkout(candidates).has_product:
            return None
        while len(candidates) > 1:
            middle = len(candidates) // 2
            is_in_first_half = self.visit_checkout(candidates[:middle]).has_product
            candidates = candidates[:middle] if is_in_first_half else candidates[middle:]
        return candidates[0]


def _diagnose_visit(visit: _CheckoutVisit) -> CheckoutTrialOutcome:
    first, last = visit.pages[0], visit.pages[-1]
    if last.failure is not None:
        return CheckoutTrialOutcome.NO_RESPONSE
    if last.response.status == HTTPStatus.NOT_FOUND:
        return CheckoutTrialOutcome.PAGE_NOT_FOUND
    if last.response.status >= HTTPStatus.BAD_REQUEST:
        return CheckoutTrialOutcome.ERROR_STATUS
    if "checkout/cart" in last.path:
        if visit.has_product:
            return CheckoutTrialOutcome.CHECKOUT_REFUSED
        if visit.has_form_key:
            return CheckoutTrialOutcome.QUOTE_NOT_FOUND
        return CheckoutTrialOutcome.SESSION_NOT_READ
    if visit.has_product:
        return CheckoutTrialOutcome.BAG_IN_CHECKOUT
    if last.path.rstrip("/") == first.path.rstrip("/"):
        return CheckoutTrialOutcome.EMPTY_CHECKOUT
    return CheckoutTrialOutcome.OTHER_PAGE


def _read_shop_message(pages: tuple[VisitedPage, ...]) -> str:
    """Return the shop's message to the shopper, from the cookie that its scripts read."""
    for page in reversed(pages):
        cookie = find_set_cookie(page.response, "mage-messages")
        try:
            messages = json.loads(unquote(cookie.value)) if cookie else []
            text = " ".join(str(message["text"]) for message in messages)
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        if text:
            return " ".join(text.split())[:200]
    return ""

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
from enum import Enum, auto
from urllib.parse import unquote

from handoff.cleanup import Cleanup
from handoff.doctor.set_cookie import find_set_cookie
from handoff.doctor.shop_client import DoctorShopClient, read_json, read_message
from handoff.doctor.trial_carts import add_to_cart, read_masked_id, register_cart
from handoff.doctor.trial_sessions import (
    open_trial_session_store,
    register_session,
    register_session_of,
)
from handoff.magento.checkout_probe import VisitedPage
from handoff.settings import Settings
from handoff.settings.store_views import StoreView
from handoff.shop_session import SessionStoreError, new_session_id
from handoff.shop_session.php_session_format import encode_entry

_WEBSITE_IDS = range(1, 31)


class CheckoutTrialOutcome(Enum):
    """How a trial of checkout ended."""

    NO_CART = auto()  # the shop creates no guest cart
    NO_PRODUCT = auto()  # there is no product, or none that goes into a cart
    SESSION_NOT_WRITTEN = auto()  # the session store refuses the session
    BAG_IN_CHECKOUT = auto()  # checkout shows the product
    EMPTY_CHECKOUT = auto()  # checkout opens, but does not show the product
    SESSION_NOT_READ = auto()  # the shop does not read the session
    WRONG_WEBSITE = auto()  # the shop finds the quote with another website's number only
    QUOTE_NOT_FOUND = auto()  # the shop reads the session, but does not find the quote
    CHECKOUT_REFUSED = auto()  # the product is in the cart, and checkout redirects to the cart
    NO_RESPONSE = auto()  # a URL on the way does not answer
    ERROR_STATUS = auto()  # the shop answers with status 400 or higher
    OTHER_PAGE = auto()  # the redirects end on another page


@dataclass(frozen=True, slots=True)
class CheckoutTrial:
    """The result of a trial.

    `message` is the shop's own, if it has shown one; `right_website_id` is the one that works.
    `cart_seconds` and `line_seconds` are the time of REST for the cart and for its line.
    """

    outcome: CheckoutTrialOutcome
    sku: str | None = None
    status: int = 0
    message: str = ""
    right_website_id: int | None = None
    pages: tuple[VisitedPage, ...] = field(default=(), repr=False)
    cart_seconds: float | None = None
    line_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class _TrialCart:
    quote_number: int
    sku: str
    cart_seconds: float
    line_seconds: float


def try_checkout(
    shop: DoctorShopClient,
    settings: Settings,
    store: StoreView,
    skus: list[str],
    cleanup: Cleanup,
) -> CheckoutTrial:
    """Open checkout with a bag of the first sku that can be bought, and diagnose a failure."""
    cart = _create_cart(shop, store, skus, cleanup)
    if isinstance(cart, CheckoutTrial):
        return cart
    trial = CheckoutTrial(
        CheckoutTrialOutcome.SESSION_NOT_WRITTEN,
        sku=cart.sku,
        cart_seconds=cart.cart_seconds,
        line_seconds=cart.line_seconds,
    )
    opener = _CheckoutOpener(shop, settings, store, cart, cleanup)
    try:
        visit = opener.open_checkout([store.website_id])
        outcome, right_website_id = _diagnose(visit, opener, store)
    except SessionStoreError as error:
        return replace(trial, message=str(error))
    return replace(
        trial,
        outcome=outcome,
        status=visit.last.response.status,
        message=_read_shop_message(visit.pages),
        right_website_id=right_website_id,
        pages=visit.pages,
    )


def _create_cart(
    shop: DoctorShopClient, store: StoreView, skus: list[str], cleanup: Cleanup
) -> _TrialCart | CheckoutTrial:
    created = shop.rest("POST", "guest-carts", store=store)
    masked_id = read_masked_id(created)
    if masked_id is None:
        message = read_message(created)
        return CheckoutTrial(CheckoutTrialOutcome.NO_CART, status=created.status, message=message)
    register_cart(shop, store, masked_id, cleanup)
    message = ""
    for sku in skus:
        added = add_to_cart(shop, store, masked_id, sku)
        if added.status == 200:
            quote = read_json(shop.rest("GET", f"guest-carts/{masked_id}", store=None))
            if isinstance(quote, dict) and isinstance(quote.get("id"), int):
                return _TrialCart(quote["id"], sku, created.seconds, added.seconds)
        message = read_message(added)
    return CheckoutTrial(
        CheckoutTrialOutcome.NO_PRODUCT, message=message, cart_seconds=created.seconds
    )


@dataclass(frozen=True, slots=True)
class _CheckoutVisit:
    """The pages from checkout to the last redirect, with the form key of the session."""

    pages: tuple[VisitedPage, ...]
    form_key: str

    @property
    def last(self) -> VisitedPage:
        return self.pages[-1]

    @property
    def is_on_cart_page(self) -> bool:
        return "checkout/cart" in self.last.path

    def contains(self, text: str) -> bool:
        return any(text in page.response.text for page in self.pages)


class _CheckoutOpener:
    def __init__(
        self,
        shop: DoctorShopClient,
        settings: Settings,
        store: StoreView,
        cart: _TrialCart,
        cleanup: Cleanup,
    ) -> None:
        self._shop = shop
        self._settings = settings
        self._site = settings.build_store_site(store)
        self._cleanup = cleanup
        self._cart = cart
        self._session_store = open_trial_session_store(settings)

    def open_checkout(self, website_ids: Iterable[int]) -> _CheckoutVisit:
        """Write a session with the quote for these websites, and open checkout with it."""
        session_id = new_session_id()
        form_key = "".join(secrets.choice(string.ascii_letters) for _ in range(16))
        quotes = {f"quote_id_{number}": str(self._cart.quote_number) for number in website_ids}
        self._session_store.write(
            session_id,
            encode_entry("default", {"_form_key": form_key}) + encode_entry("checkout", quotes),
        )
        register_session(self._settings, session_id, self._cleanup)
        pages = self._shop.open_as_shopper(self._site, session_id)
        for page in pages:
            # Magento continues with a new id, and keeps the old session for a while.
            register_session_of(page.response, self._settings, self._cleanup)
        return _CheckoutVisit(pages, form_key)

    def shows_product(self, visit: _CheckoutVisit) -> bool:
        """Say whether a page of the visit shows the product of the cart."""
        return visit.contains(self._cart.sku)

    def find_website_id(self, candidates: list[int]) -> int | None:
        """Return the website whose number works, by a binary search; None if none does."""
        if not self.shows_product(self.open_checkout(candidates)):
            return None
        while len(candidates) > 1:
            middle = len(candidates) // 2
            first_half = candidates[:middle]
            is_in_first = self.shows_product(self.open_checkout(first_half))
            candidates = first_half if is_in_first else candidates[middle:]
        return candidates[0]


def _diagnose(
    visit: _CheckoutVisit, opener: _CheckoutOpener, store: StoreView
) -> tuple[CheckoutTrialOutcome, int | None]:
    """Return the outcome, and the website's number that works if it is another."""
    if visit.last.response.status == 0:
        return CheckoutTrialOutcome.NO_RESPONSE, None
    if visit.last.response.status >= 400:
        return CheckoutTrialOutcome.ERROR_STATUS, None
    if not visit.is_on_cart_page:
        if opener.shows_product(visit):
            return CheckoutTrialOutcome.BAG_IN_CHECKOUT, None
        if visit.last.path.rstrip("/") == visit.pages[0].path.rstrip("/"):
            return CheckoutTrialOutcome.EMPTY_CHECKOUT, None
        return CheckoutTrialOutcome.OTHER_PAGE, None
    if opener.shows_product(visit):
        return CheckoutTrialOutcome.CHECKOUT_REFUSED, None
    if not visit.contains(visit.form_key):
        return CheckoutTrialOutcome.SESSION_NOT_READ, None
    others = [number for number in _WEBSITE_IDS if number != store.website_id]
    if website_id := opener.find_website_id(others):
        return CheckoutTrialOutcome.WRONG_WEBSITE, website_id
    return CheckoutTrialOutcome.QUOTE_NOT_FOUND, None


def _read_shop_message(pages: tuple[VisitedPage, ...]) -> str:
    """Return the shop's message to the shopper, from the cookie by which its scripts get it."""
    for page in reversed(pages):
        cookie = find_set_cookie(page.response, "mage-messages")
        try:
            messages = json.loads(unquote(cookie.value)) if cookie else []
            text = " ".join(str(message["text"]) for message in messages)
        except (ValueError, TypeError, KeyError):
            continue
        if text:
            return " ".join(text.split())[:200]
    return ""

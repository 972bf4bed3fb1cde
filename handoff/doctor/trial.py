"""A shopper's way in, tried: a bag of one product, bound to a web session, into checkout.

One try proves at once that the session store, the cookie's name, the website's number, the format
of a session and the checkout's path are right. Where it fails, more tries tell them apart:

- the session brings a form key of ours. A page that shows it has read the session;
- a cart page that shows the product has read the quote, and checkout itself has said no;
- a session that names every website shows whether another number is the right one.
"""

from __future__ import annotations

import json
import secrets
import string
from dataclasses import dataclass, field
from enum import Enum, auto
from urllib.parse import unquote

from handoff.doctor import sessions
from handoff.doctor.carts import empty_later, masked_id_of
from handoff.doctor.cookies import cookies_of, named
from handoff.doctor.shop import Hop, Shop
from handoff.doctor.traces import Traces
from handoff.settings import Settings
from handoff.settings.store_views import StoreView
from handoff.shop_session import SessionStoreError, new_session_id
from handoff.shop_session.php_session_format import encode_entry

_WEBSITES = range(1, 31)


class Outcome(Enum):
    """How a try ended."""

    NO_CART = auto()  # the shop makes no guest's cart
    NO_PRODUCT = auto()  # there is no product, or the shop takes none into a cart
    NOT_WRITTEN = auto()  # the session store takes no session
    IN_CHECKOUT = auto()  # checkout shows the bag
    IN_EMPTY_CHECKOUT = auto()  # checkout opens; the bag is not to be seen in it
    UNREAD = auto()  # the shop does not read the session
    ANOTHER_WEBSITE = auto()  # the session is read; with another website's number it works
    NOT_TAKEN = auto()  # the session is read, the quote is not taken
    REFUSED = auto()  # the quote is in the cart, and checkout sends back
    UNREACHED = auto()  # nobody answers on the way
    BROKEN = auto()  # the shop answers with an error
    ELSEWHERE = auto()  # the way ends on another page


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a try.

    `words` are the shop's own, where it showed a message; `website_id` is the one that works.
    `seconds_to_make` and `_to_add` are what REST took for the cart and for its line.
    """

    outcome: Outcome
    sku: str | None = None
    status: int = 0
    words: str = ""
    website_id: int | None = None
    hops: tuple[Hop, ...] = field(default=(), repr=False)
    seconds_to_make: float | None = None
    seconds_to_add: float | None = None


@dataclass(frozen=True, slots=True)
class _Cart:
    number: int
    sku: str
    seconds_to_make: float
    seconds_to_add: float


def try_the_way(
    shop: Shop, settings: Settings, store: StoreView, skus: list[str], traces: Traces
) -> Trial:
    """Go the way of a shopper, and where it ends too soon find out why."""
    made = _make_cart(shop, store, skus, traces)
    if isinstance(made, Trial):
        return made
    tries = _Tries(shop, settings, store, made, traces)
    try:
        first = tries.go({store.website_id})
        outcome, website_id = _judge(first, tries, store)
    except SessionStoreError as error:
        outcome, website_id, first = Outcome.NOT_WRITTEN, None, _Try([], "", str(error))
    return Trial(
        outcome=outcome,
        sku=made.sku,
        status=first.hops[-1].reply.status if first.hops else 0,
        words=first.words,
        website_id=website_id,
        hops=tuple(first.hops),
        seconds_to_make=made.seconds_to_make,
        seconds_to_add=made.seconds_to_add,
    )


def _make_cart(shop: Shop, store: StoreView, skus: list[str], traces: Traces) -> _Cart | Trial:
    made = shop.rest("POST", "guest-carts", store=store)
    masked_id = masked_id_of(made)
    if masked_id is None:
        return Trial(Outcome.NO_CART, status=made.status, words=made.message)
    empty_later(shop, store, masked_id, traces)
    words = ""
    for sku in skus:
        item = {"cartItem": {"sku": sku, "qty": 1}}
        added = shop.rest("POST", f"guest-carts/{masked_id}/items", store=store, body=item)
        if added.status == 200:
            quote = shop.rest("GET", f"guest-carts/{masked_id}", store=None).data
            if isinstance(quote, dict) and isinstance(quote.get("id"), int):
                return _Cart(quote["id"], sku, made.seconds, added.seconds)
        words = added.message
    return Trial(Outcome.NO_PRODUCT, words=words, seconds_to_make=made.seconds)


@dataclass(frozen=True, slots=True)
class _Try:
    """One walk to checkout; `form_key` is what the session brought along."""

    hops: list[Hop]
    form_key: str
    words: str

    @property
    def last(self) -> Hop:
        return self.hops[-1]

    @property
    def is_in_cart(self) -> bool:
        return "checkout/cart" in self.last.path

    def shows(self, text: str) -> bool:
        return any(text in hop.reply.text for hop in self.hops)


class _Tries:
    def __init__(
        self, shop: Shop, settings: Settings, store: StoreView, cart: _Cart, traces: Traces
    ) -> None:
        self._shop = shop
        self._settings = settings
        self._place = settings.build_store_site(store)
        self._traces = traces
        self.cart = cart
        self._store = sessions.for_a_minute(settings)

    def go(self, website_ids: set[int]) -> _Try:
        """Bind the cart for some websites to a new session, and walk to checkout with it."""
        session_id = new_session_id()
        form_key = "".join(secrets.choice(string.ascii_letters) for _ in range(16))
        quotes = {f"quote_id_{number}": str(self.cart.number) for number in website_ids}
        self._store.write(
            session_id,
            encode_entry("default", {"_form_key": form_key}) + encode_entry("checkout", quotes),
        )
        sessions.leave(self._settings, session_id, self._traces)
        hops = self._shop.walk(self._place, session_id)
        for hop in hops:
            # Magento goes on under a new id, and keeps the old session for a while.
            sessions.leave_of(hop.reply, self._settings, self._traces)
        return _Try(hops, form_key, _message(hops))


def _judge(first: _Try, tries: _Tries, store: StoreView) -> tuple[Outcome, int | None]:
    if first.last.reply.status == 0:
        return Outcome.UNREACHED, None
    if first.last.reply.status >= 400:
        return Outcome.BROKEN, None
    seen = first.shows(tries.cart.sku)
    if not first.is_in_cart:
        if seen:
            return Outcome.IN_CHECKOUT, None
        is_checkout = _same_path(first.last, first.hops[0])
        return (Outcome.IN_EMPTY_CHECKOUT if is_checkout else Outcome.ELSEWHERE), None
    if seen:
        return Outcome.REFUSED, None
    if not first.shows(first.form_key):
        return Outcome.UNREAD, None
    number = _other_website(tries, store)
    return (Outcome.ANOTHER_WEBSITE if number else Outcome.NOT_TAKEN), number


def _same_path(one: Hop, other: Hop) -> bool:
    return one.path.rstrip("/") == other.path.rstrip("/")


def _other_website(tries: _Tries, store: StoreView) -> int | None:
    """Return the website whose number works: halve the candidates until one is left."""
    candidates = [number for number in _WEBSITES if number != store.website_id]
    if not tries.go(set(candidates)).shows(tries.cart.sku):
        return None
    while len(candidates) > 1:
        half = candidates[: len(candidates) // 2]
        candidates = (
            half
            if tries.go(set(half)).shows(tries.cart.sku)
            else candidates[len(candidates) // 2 :]
        )
    return candidates[0]


def _message(hops: list[Hop]) -> str:
    """Return what the shop tells the shopper, as its scripts read it from a cookie."""
    for hop in reversed(hops):
        cookie = named(cookies_of(hop.reply), "mage-messages")
        try:
            messages = json.loads(unquote(cookie.value)) if cookie else []
            words = " ".join(str(message["text"]) for message in messages)
        except (ValueError, TypeError, KeyError):
            continue
        if words:
            return " ".join(words.split())[:200]
    return ""

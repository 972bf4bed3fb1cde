"""Checks, before a link is issued, that checkout will accept the quote.

Asking checkout takes long, so each worker can remember which guests' bags checkout has accepted.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING

import structlog

from handoff.bag import normalize_sku
from handoff.deadline import Deadline
from handoff.ledger.models import NewHandoff
from handoff.ledger.preflight_cache_invalidation import CheckoutRefusalCount
from handoff.magento.checkout_probe import (
    CheckoutInconclusive,
    CheckoutProbe,
    CheckoutReply,
    ShopSession,
)
from handoff.magento.checkout_refusal_reason import explain_checkout_refusal
from handoff.magento.quote_models import Quote
from handoff.problems import AccountIncomplete, CheckoutUnavailable, Problem, SessionUnreadable
from handoff.settings.store_view_models import StoreSites, StoreViews
from handoff.shop_session.session_contents import build_session_contents, find_visitor_id
from handoff.shop_session.store import SessionStore, SessionStoreError, create_session

if TYPE_CHECKING:
    from handoff.worker_metrics import WorkerMetrics

log = structlog.get_logger()

_MARGIN = 0.3  # seconds that finding the reason leaves for the answer to the transfer
_SESSION_LIFETIME = 60  # seconds
_ACCEPTANCE_LIFETIME = 60.0  # seconds
_MAX_ACCEPTED_SKUS = 10_000  # of one store view and currency

CHECKOUT_TIMEOUT = 3.0
"""Seconds that the preflight waits for checkout, but never more than half of the time left."""

SESSION_STORE_TIMEOUT = 0.5
"""Seconds that the preflight waits for the session store, out of the transfer's own time."""


@dataclass(frozen=True, slots=True)
class CheckoutPreflight:
    """Opens checkout with a shop session of its own, which no shopper ever gets.

    `accepted` is None if checkout has to be asked about every quote.
    """

    probe: CheckoutProbe
    sessions: SessionStore
    stores: StoreViews
    sites: StoreSites
    accepted: AcceptedCheckouts | None
    metrics: WorkerMetrics | None = None

    def check_and_find_visitor(
        self, handoff: NewHandoff, quote: Quote, token: str | None, deadline: Deadline
    ) -> int | None:
        """Return the visitor that the shop stored for a customer; None if unknown or for a guest.

        Raises the Problem that says why checkout does not accept the handoff's quote. If checkout
        gives no clear answer, the transfer continues, as it does without a preflight.
        """
        if self.accepted and _get_bag_total(handoff, quote) is not None:
            self.accepted.forget_if_refused()
            if self.accepted.has_similar(handoff, quote):
                self._count_result("remembered")
                return None
        asked_at = time.monotonic()
        try:
            visitor_id = self._require_checkout_accepts(handoff, quote, token, deadline)
        except (SessionStoreError, CheckoutInconclusive) as error:
            reason = getattr(error, "reason", "session_store_unavailable")
            log.warning("checkout_preflight_inconclusive", reason=reason)
            self._count_result("inconclusive")
            return None
        except Problem as problem:
            log.warning("checkout_refused", code=problem.code, detail=problem.detail)
            self._count_result(problem.code)
            if self.accepted:
                self.accepted.forget_in_all_workers()
            raise
        self._count_result("accepted")
        if self.accepted:
            self.accepted.add(handoff, quote, asked_at=asked_at)
        return visitor_id

    def _count_result(self, result: str) -> None:
        if self.metrics:
            self.metrics.count_preflight(result)

    def _require_checkout_accepts(
        self, handoff: NewHandoff, quote: Quote, token: str | None, deadline: Deadline
    ) -> int | None:
        """Return the visitor after checkout accepted the quote; raise the Problem if it did not."""
        with ExitStack() as stack:
            session = stack.enter_context(self._open_session(handoff, deadline))
            reply = self.probe.ask_checkout(session, deadline=_shorten_deadline(deadline))
            rest = Deadline.after(max(0, deadline.remaining - _MARGIN))
            if reply is CheckoutReply.ERROR_PAGE:
                # Magento destroys a session that it cannot read, so each try needs a new one.
                session = stack.enter_context(self._open_session(handoff, rest))
                reply = self.probe.ask_checkout(session, deadline=rest, method="GET")
            if reply is CheckoutReply.ERROR_PAGE:
                raise self._explain_error_page(handoff, rest)
            if reply is CheckoutReply.SENT_TO_ACCOUNT:
                raise AccountIncomplete
            if reply is CheckoutReply.SENT_TO_CART:
                raise explain_checkout_refusal(self.probe, session, quote, token, deadline=rest)
            return None if handoff.customer_id is None else self._find_visitor_id(session)

    def _explain_error_page(self, handoff: NewHandoff, deadline: Deadline) -> Problem:
        """Find out if checkout fails for everybody, with our sessions, or with this quote."""
        new_session = ShopSession(self.sites.choose_by_code(handoff.store_code), "")
        with self._remove_afterwards(new_session):
            reply = self.probe.ask_checkout(new_session, deadline=deadline, method="GET")
        if reply is CheckoutReply.ERROR_PAGE:
            return CheckoutUnavailable()
        with self._open_session(handoff, deadline) as session:
            if self.probe.try_reading_session(session, deadline=deadline):
                return CheckoutUnavailable("The shop's checkout fails on this quote.")
        return SessionUnreadable()

    @contextmanager
    def _open_session(self, handoff: NewHandoff, deadline: Deadline) -> Iterator[ShopSession]:
        """Write a session for the block, and remove it and any that the shop replaced it with."""
        if deadline.remaining < 2 * SESSION_STORE_TIMEOUT:
            raise CheckoutInconclusive("timeout")
        contents = build_session_contents(handoff, self.stores)
        session_id = create_session(
            self.sessions,
            contents,
            lifetime=_SESSION_LIFETIME,
            timeout=2 * SESSION_STORE_TIMEOUT,
        )
        session = ShopSession(self.sites.choose_by_code(handoff.store_code), session_id)
        with self._remove_afterwards(session):
            yield session

    @contextmanager
    def _remove_afterwards(self, session: ShopSession) -> Iterator[None]:
        try:
            yield
        finally:
            for each in {session.session_id, *session.renewed_ids} - {""}:
                self.sessions.remove(each)

    def _find_visitor_id(self, session: ShopSession) -> int | None:
        last_id = [session.session_id, *session.renewed_ids][-1]
        try:
            visitor_id = find_visitor_id(self.sessions.read(last_id) or b"")
        except SessionStoreError as error:
            log.warning("shop_visitor_unknown", reason=str(error))
            return None
        if visitor_id is None:
            log.warning("shop_visitor_unknown", reason="not_in_session")
        return visitor_id


@dataclass(slots=True)
class _ExpiryTimes:
    """The times at which accepted skus and accepted totals expire."""

    skus: dict[str, float] = field(default_factory=dict)
    totals: dict[Decimal, float] = field(default_factory=dict)

    def remove_expired(self, now: float) -> None:
        self.skus = {sku: until for sku, until in self.skus.items() if until > now}
        self.totals = {total: until for total, until in self.totals.items() if until > now}


class AcceptedCheckouts:
    """Holds, in one worker and for a minute, the guests' bags that checkout has accepted.

    It forgets everything once checkout has refused a quote of any worker or host.

    A bag is like an accepted one if it is for the same store view and currency, if each of its skus
    was in an accepted bag, and if its total is at least that of an accepted bag.
    """

    def __init__(
        self, refusal_count: CheckoutRefusalCount, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` returns seconds, on the same clock as `asked_at`; tests replace it."""
        self._refusal_count = refusal_count
        self._last_count = 0
        self._forgotten_at = -math.inf
        self._clock = clock
        self._lock = Lock()
        self._by_store_and_currency: dict[tuple[str, str], _ExpiryTimes] = {}

    def forget_if_refused(self) -> None:
        """Forget everything if checkout has refused a quote since the last call."""
        count = self._refusal_count.read()
        now = self._clock()
        with self._lock:
            if count != self._last_count:
                self._last_count = count
                self._forgotten_at = now
                self._by_store_and_currency.clear()

    def has_similar(self, handoff: NewHandoff, quote: Quote) -> bool:
        """Return whether checkout has accepted a bag like this one within the last minute."""
        total = _get_bag_total(handoff, quote)
        if total is None:
            return False
        now = self._clock()
        with self._lock:
            known = self._by_store_and_currency.get((handoff.store_code, quote.currency))
            return (
                known is not None
                and all(known.skus.get(sku, 0) > now for sku in _list_normalized_skus(quote))
                and any(least <= total and until > now for least, until in known.totals.items())
            )

    def add(self, handoff: NewHandoff, quote: Quote, *, asked_at: float) -> None:
        """Remember that checkout has accepted a quote. Only a guest's bag has any effect.

        `asked_at` is the time before checkout was asked. If a refusal became known after it, the
        acceptance may be older than a change of the shop, and is not remembered.
        """
        total = _get_bag_total(handoff, quote)
        if total is None:
            return
        now = self._clock()
        with self._lock:
            if asked_at < self._forgotten_at:
                return
            known = self._by_store_and_currency.setdefault(
                (handoff.store_code, quote.currency), _ExpiryTimes()
            )
            known.remove_expired(now)
            if len(known.skus) < _MAX_ACCEPTED_SKUS:
                known.skus.update(
                    dict.fromkeys(_list_normalized_skus(quote), now + _ACCEPTANCE_LIFETIME)
                )
                known.totals[total] = now + _ACCEPTANCE_LIFETIME

    def forget_in_all_workers(self) -> None:
        """Let all workers forget everything, after checkout has refused a quote."""
        self._refusal_count.increment()


def _shorten_deadline(deadline: Deadline) -> Deadline:
    return Deadline.after(min(CHECKOUT_TIMEOUT, deadline.remaining / 2))


def _get_bag_total(handoff: NewHandoff, quote: Quote) -> Decimal | None:
    """Return the total of a bag's quote, None if it is unknown or the quote is no bag's."""
    return quote.total if handoff.kind == "bag" else None


def _list_normalized_skus(quote: Quote) -> list[str]:
    return [normalize_sku(line.sku) for line in quote.lines]

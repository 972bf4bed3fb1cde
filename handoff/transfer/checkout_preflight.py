"""Checks, before a link is issued, that checkout will accept the quote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import structlog

from handoff.deadline import Deadline
from handoff.ledger import NewHandoff
from handoff.magento.checkout_probe import (
    CheckoutInconclusive,
    CheckoutProbe,
    CheckoutReply,
    ShopSession,
)
from handoff.magento.checkout_refusal import explain_checkout_refusal
from handoff.magento.quote_models import Quote
from handoff.problems import (
    AccountIncomplete,
    CheckoutUnavailable,
    Problem,
    SessionUnreadable,
)
from handoff.settings.store_view_models import StoreSites, StoreViews
from handoff.shop_session import (
    SessionStore,
    SessionStoreError,
    create_session,
    find_visitor_id,
)
from handoff.shop_session.session_contents import build_session_contents
from handoff.transfer.accepted_checkouts import AcceptedCheckouts

if TYPE_CHECKING:
    from handoff.worker_metrics import WorkerMetrics

log = structlog.get_logger()

_TIMEOUT = 3.0  # seconds, but never more than half of the transfer's remaining time
_MARGIN = 0.3  # seconds that a look for the reason leaves for the answer to the transfer
_SESSION_LIFETIME = 60  # seconds

SESSION_STORE_TIMEOUT = 0.5
"""Seconds that the preflight waits for the session store, out of the transfer's own time."""


class CheckoutPreflight:
    """Opens checkout with a shop session of its own, which no shopper ever gets."""

    def __init__(
        self,
        probe: CheckoutProbe,
        sessions: SessionStore,
        stores: StoreViews,
        sites: StoreSites,
        accepted: AcceptedCheckouts | None,
        metrics: WorkerMetrics | None = None,
    ) -> None:
        """`accepted` is None if checkout has to be asked about every quote."""
        self._probe = probe
        self._sessions = sessions
        self._stores = stores
        self._sites = sites
        self._accepted = accepted
        self._metrics = metrics

    def check(
        self, handoff: NewHandoff, quote: Quote, token: str | None, deadline: Deadline
    ) -> int | None:
        """Return the visitor that the shop stored for a customer; None if unknown or for a guest.

        Raises the Problem that says why checkout does not accept the handoff's quote. If checkout
        gives no clear answer, the transfer continues, as it does without a preflight.
        """
        if self._accepted and self._accepted.has_similar(handoff, quote):
            self._count_result("remembered")
            return None
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
            if self._accepted:
                self._accepted.forget_in_all_workers()
            raise
        self._count_result("accepted")
        if self._accepted:
            self._accepted.add(handoff, quote)
        return visitor_id

    def _count_result(self, result: str) -> None:
        if self._metrics:
            self._metrics.count_preflight(result)

    def _require_checkout_accepts(
        self, handoff: NewHandoff, quote: Quote, token: str | None, deadline: Deadline
    ) -> int | None:
        """Return the visitor after checkout accepted the quote; raise the Problem if it did not."""
        with ExitStack() as stack:
            session = stack.enter_context(self._open_session(handoff, deadline))
            reply = self._probe.ask_checkout(session, deadline=_shorten_deadline(deadline))
            rest = Deadline.after(max(0, deadline.remaining - _MARGIN))
            if reply is CheckoutReply.ERROR_PAGE:
                # Magento destroys a session that it cannot read, so each try needs a new one.
                session = stack.enter_context(self._open_session(handoff, rest))
                reply = self._probe.ask_checkout(session, deadline=rest, method="GET")
            if reply is CheckoutReply.ERROR_PAGE:
                raise self._explain_error_page(handoff, rest)
            if reply is CheckoutReply.SENT_TO_ACCOUNT:
                raise AccountIncomplete
            if reply is CheckoutReply.SENT_TO_CART:
                raise explain_checkout_refusal(self._probe, session, quote, token, deadline=rest)
            return None if handoff.customer_id is None else self._find_visitor_id(session)

    def _explain_error_page(self, handoff: NewHandoff, deadline: Deadline) -> Problem:
        """Find out if checkout fails for everybody, with our sessions, or with this quote."""
        new_session = ShopSession(self._sites.find_by_code(handoff.store_code), "")
        with self._remove_afterwards(new_session):
            reply = self._probe.ask_checkout(new_session, deadline=deadline, method="GET")
        if reply is CheckoutReply.ERROR_PAGE:
            return CheckoutUnavailable()
        with self._open_session(handoff, deadline) as session:
            if self._probe.can_read_session(session, deadline=deadline):
                return CheckoutUnavailable("The shop's checkout fails on this quote.")
        return SessionUnreadable()

    @contextmanager
    def _open_session(self, handoff: NewHandoff, deadline: Deadline) -> Iterator[ShopSession]:
        """Write a session for the block, and remove it and those that the shop made of it."""
        if deadline.remaining < 2 * SESSION_STORE_TIMEOUT:
            raise CheckoutInconclusive("timeout")
        contents = build_session_contents(handoff, self._stores)
        session_id = create_session(
            self._sessions,
            contents,
            lifetime=_SESSION_LIFETIME,
            timeout=2 * SESSION_STORE_TIMEOUT,
        )
        session = ShopSession(self._sites.find_by_code(handoff.store_code), session_id)
        with self._remove_afterwards(session):
            yield session

    @contextmanager
    def _remove_afterwards(self, session: ShopSession) -> Iterator[None]:
        try:
            yield
        finally:
            for each in {session.session_id, *session.renewed_ids} - {""}:
                self._sessions.remove(each)

    def _find_visitor_id(self, session: ShopSession) -> int | None:
        last_id = [session.session_id, *session.renewed_ids][-1]
        try:
            visitor_id = find_visitor_id(self._sessions.read(last_id) or b"")
        except SessionStoreError as error:
            log.warning("shop_visitor_unknown", reason=str(error))
            return None
        if visitor_id is None:
            log.warning("shop_visitor_unknown", reason="not_in_session")
        return visitor_id


def _shorten_deadline(deadline: Deadline) -> Deadline:
    return Deadline.after(min(_TIMEOUT, deadline.remaining / 2))

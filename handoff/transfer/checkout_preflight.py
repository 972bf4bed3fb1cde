"""Checks, before a link is issued, that checkout will accept the quote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from handoff.deadline import Deadline
from handoff.ledger import NewHandoff
from handoff.magento.checkout_probe import CheckoutInconclusive, CheckoutProbe, ShopperSession
from handoff.magento.checkout_refusal import explain_checkout_refusal
from handoff.magento.quote_models import Quote
from handoff.problems import Problem, StoreNotServed
from handoff.settings.store_view_models import StoreSites, StoreViews
from handoff.shop_session import SessionStore, SessionStoreError, create_session
from handoff.shop_session.session_contents import build_session_contents

log = structlog.get_logger()

_TIMEOUT = 3.0  # seconds, but never more than half of the transfer's remaining time
_SESSION_LIFETIME = 60  # seconds

SESSION_STORE_TIMEOUT = 0.5
"""Seconds that the preflight waits for the session store, out of the transfer's own time."""


class CheckoutPreflight:
    """Opens checkout with a shop session of its own, which no shopper ever gets."""

    def __init__(
        self, probe: CheckoutProbe, sessions: SessionStore, stores: StoreViews, sites: StoreSites
    ) -> None:
        self._probe = probe
        self._sessions = sessions
        self._stores = stores
        self._sites = sites

    def check(
        self, handoff: NewHandoff, quote: Quote, token: str | None, deadline: Deadline
    ) -> None:
        """Raise the Problem that says why checkout does not accept the handoff's quote.

        If checkout gives no clear answer, the transfer continues, as it does without a preflight.
        """
        try:
            with self._open_session(handoff, deadline) as session:
                refusal = self._find_refusal(session, quote, token, deadline)
        except SessionStoreError:
            log.warning("checkout_preflight_inconclusive", reason="session_store_unavailable")
            return
        except CheckoutInconclusive as error:
            log.warning("checkout_preflight_inconclusive", reason=error.reason)
            return
        if refusal is not None:
            log.warning("checkout_refused", code=refusal.code, detail=refusal.detail)
            raise refusal

    def _find_refusal(
        self, session: ShopperSession, quote: Quote, token: str | None, deadline: Deadline
    ) -> Problem | None:
        """Return the reason why checkout does not accept the quote, None if it does."""
        try:
            if self._probe.can_check_out(session, deadline=_shorten_deadline(deadline)):
                return None
        except StoreNotServed as problem:
            return problem
        return explain_checkout_refusal(
            self._probe, session, quote, token, deadline=_shorten_deadline(deadline)
        )

    @contextmanager
    def _open_session(self, handoff: NewHandoff, deadline: Deadline) -> Iterator[ShopperSession]:
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
        session = ShopperSession(self._sites.find_by_code(handoff.store_code), session_id)
        try:
            yield session
        finally:
            for each in {session_id, *session.renewed_ids}:
                self._sessions.remove(each)


def _shorten_deadline(deadline: Deadline) -> Deadline:
    return Deadline.after(min(_TIMEOUT, deadline.remaining / 2))

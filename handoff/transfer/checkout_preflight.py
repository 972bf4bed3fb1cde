"""Before a link is given: would checkout take the shopper who opens it?"""

from __future__ import annotations

import structlog

from handoff.deadline import Deadline
from handoff.ledger import NewHandoff
from handoff.magento.checkout_probe import CheckoutInconclusive, CheckoutProbe, CheckoutSession
from handoff.magento.quote_models import Quote
from handoff.problems import Problem, StoreNotServed
from handoff.settings.store_views import StoreViews
from handoff.shop_session import SessionStore, SessionStoreError, create_session
from handoff.shop_session.contents import build_session_contents

log = structlog.get_logger()

_ASKING = 3.0  # seconds, and never more than half of what the transfer has left
_SESSION_LIFETIME = 60  # seconds

SESSION_STORE_TIMEOUT = 0.5
"""Seconds for which an answer of the session store is waited for here: the transfer's own."""


class CheckoutPreflight:
    """Tries checkout with a web session of its own, that no shopper ever gets."""

    def __init__(self, checkout: CheckoutProbe, sessions: SessionStore, stores: StoreViews) -> None:
        self._checkout = checkout
        self._sessions = sessions
        self._stores = stores

    def try_out(
        self, draft: NewHandoff, quote: Quote, token: str | None, deadline: Deadline
    ) -> None:
        """Raise the Problem that says why checkout would not take the handoff's quote.

        Where checkout gives no answer the transfer goes on, as it would without asking.
        """
        try:
            shopper = self._shopper(draft, quote, token, deadline)
            if self._checkout.takes(shopper, deadline=_part_of(deadline)):
                return
        except SessionStoreError:
            log.warning("checkout_not_asked", reason="session_store_unavailable")
            return
        except CheckoutInconclusive as problem:
            log.warning("checkout_not_asked", reason=problem.reason)
            return
        except StoreNotServed as problem:
            refusal: Problem = problem
        else:
            refusal = self._checkout.refusal(shopper, deadline=_part_of(deadline))
        log.warning("checkout_refused", code=refusal.code, detail=refusal.detail)
        raise refusal

    def _shopper(
        self, draft: NewHandoff, quote: Quote, token: str | None, deadline: Deadline
    ) -> CheckoutSession:
        if deadline.remaining < 2 * SESSION_STORE_TIMEOUT:
            raise CheckoutInconclusive("timeout")
        store = self._stores.find_by_id(quote.store_id) or self._stores.first
        binding = build_session_contents(draft, self._stores)
        session_id = create_session(self._sessions, binding, lifetime=_SESSION_LIFETIME)
        return CheckoutSession(store, quote.currency, session_id, quote.masked_id, token)


def _part_of(deadline: Deadline) -> Deadline:
    return Deadline.after(min(_ASKING, deadline.remaining / 2))

"""Notices that checkout has sent a shopper to the cart page, although it was expected to open."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from handoff.ledger.handoff_repository import HandoffRepository
from handoff.ledger.preflight_cache_invalidation import CheckoutRefusalCount

_PERIOD = 60_000  # milliseconds after the use of the link

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CartPageReports:
    """Lets all workers ask checkout again after such a report.

    A report is only a hint. It counts if it is about the newest bag of a web view, which has used
    the link within the last minute. All that follows is that checkout is asked more often.
    """

    handoffs: HandoffRepository
    refusal_count: CheckoutRefusalCount

    def record(self, handoff_id: str) -> None:
        """Record that the web view of a handoff shows the cart page."""
        found = self.handoffs.find(handoff_id)
        if found is None or found.kind != "bag" or found.session_written_at is None:
            return
        if found.read_at - found.session_written_at > _PERIOD or found.valid_orders:
            return
        log.warning("checkout_sent_to_cart_page", reference=found.reference)
        self.refusal_count.increment()

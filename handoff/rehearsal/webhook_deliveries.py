"""Waits until `handoff deliver` has posted the event of an order to every receiver."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handoff.deadline import Deadline
from handoff.ledger.database import Database
from handoff.ledger.webhook_delivery_history import find_event_deliveries
from handoff.ledger.webhook_outbox_writer import ORDERED
from handoff.rehearsal.cancel_token import CancelToken
from handoff.rehearsal.results import Observation, StepFailure
from handoff.webhooks.receivers import Receiver

_TIMEOUT = 30.0  # seconds; a deliverer looks for events every second


@dataclass(frozen=True, slots=True)
class WebhookDeliveries:
    """The deliveries of the running service, as its ledger has them."""

    database: Database
    receivers: Sequence[Receiver]
    cancel: CancelToken

    def wait_for_order(self, handoff_id: str) -> Observation:
        """Wait for the event of a handoff's order; raise StepFailure if a receiver lacks it."""
        deadline = Deadline.after(_TIMEOUT)
        while (missing := dict(self._find_missing(handoff_id))) and not deadline.has_passed:
            self.cancel.raise_if_requested()
            time.sleep(0.5)
        names = ", ".join(receiver.name for receiver in self.receivers)
        if not missing:
            return f"{ORDERED} at {names}"
        if not any(missing.values()):
            actual = f"no attempt within {_TIMEOUT:.0f} seconds"
            raise StepFailure(f"{ORDERED} at {names}", actual, "no_delivery_attempt")
        actual = ", ".join(f"{name} refused it ({count} failed)" for name, count in missing.items())
        raise StepFailure(f"{ORDERED} at {names}", actual, "event_not_accepted")

    def _find_missing(self, handoff_id: str) -> Iterator[tuple[str, int]]:
        """Yield the names of the receivers without the event, and how many attempts failed."""
        deliveries = find_event_deliveries(self.database, [handoff_id]).get(handoff_id, ())
        by_receiver = {each.receiver: each for each in deliveries if each.type == ORDERED}
        for receiver in self.receivers:
            delivery = by_receiver.get(receiver.key)
            if delivery is None or delivery.delivered_at is None:
                yield receiver.name, delivery.attempt_count if delivery else 0

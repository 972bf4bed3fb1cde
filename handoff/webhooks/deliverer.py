"""Delivers the events of the outbox: one thread for each receiver, and one for expired links.

A lease lets one process at a time deliver to a receiver. After three failures in a row a receiver
counts as down, and gets no request for some seconds. After its first success, all its waiting
events are sent at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass

import structlog

from handoff.deadline import Deadline
from handoff.ledger.database import Database
from handoff.ledger.lease_locks import Lease, LeaseLost, Leases
from handoff.ledger.row_parser import UnreadableCallback, ignore_unreadable
from handoff.ledger.webhook_outbox_writer import WebhookOutboxWriter
from handoff.problems import LedgerUnavailable
from handoff.webhooks.delivery_repository import DeliveryRepository, QueuedEvent
from handoff.webhooks.expired_links import add_next_events_of_expired_links
from handoff.webhooks.receivers import Receiver
from handoff.webhooks.sender import DeliveryFailed, WebhookSender

log = structlog.get_logger()

LEASE_SECONDS = 30.0
"""How long a receiver waits for another process if the one that delivers to it dies."""

DOWN_AFTER = 3
"""Failures in a row after which a receiver counts as down."""

_EXTEND_AFTER = 5.0  # seconds; a lease outlasts this, an attempt and a write together
_POLL = 1.0  # seconds between two looks into an empty queue
_PAUSE = 10.0  # seconds between two attempts at a receiver that is down


@dataclass(slots=True)
class _ReceiverDeliveries:
    """The deliveries of this process to one receiver."""

    receiver: Receiver
    deliveries: DeliveryRepository
    sender: WebhookSender
    leases: Leases
    stop: threading.Event
    failures_in_a_row: int = 0

    @property
    def is_down(self) -> bool:
        """Whether the receiver counts as down."""
        return self.failures_in_a_row >= DOWN_AFTER

    def deliver_batches(self) -> None:
        """Deliver what is due, until nothing is, the receiver is down, or we have to stop."""
        if not self.deliveries.find_due(self.receiver.key):  # so that an empty queue costs no write
            return
        lease_key = f"webhook:{self.receiver.key}"
        with self.leases.acquire(lease_key, Deadline.after(0)) as lease:
            while lease is not None and (batch := self.deliveries.find_due(self.receiver.key)):
                if not self._deliver_batch(batch, lease):
                    return

    def _deliver_batch(self, batch: Sequence[QueuedEvent], lease: Lease) -> bool:
        """Return whether the next batch may be delivered at once."""
        extended_at = time.monotonic()
        for event in batch:
            if self.stop.is_set():
                return False
            if time.monotonic() - extended_at > _EXTEND_AFTER:
                self.leases.extend(lease)
                extended_at = time.monotonic()
            self._deliver(event)
            if self.is_down:
                return False
        self.leases.extend(lease)
        return True

    def _deliver(self, event: QueuedEvent) -> None:
        names = {"receiver": self.receiver.name, "type": event.type, "id": event.id}
        names["handoff_id"] = event.handoff_id
        try:
            self.sender.send(self.receiver, event)
        except DeliveryFailed as error:
            attempts = event.attempt_count + 1
            log.warning("webhook_not_delivered", **names, attempts=attempts, reason=str(error))
            self.deliveries.postpone(event, str(error))
            self.failures_in_a_row += 1
            return
        log.info("webhook_delivered", **names)
        self.deliveries.mark_delivered(event)
        if self.is_down:
            self.deliveries.make_due_now(self.receiver.key)
        self.failures_in_a_row = 0


class Deliverer:
    """Delivers all events of a ledger to the receivers, until `stop` is set.

    An event that cannot be read is set aside, and passed to `on_unreadable`.
    """

    def __init__(
        self,
        database: Database,
        outbox: WebhookOutboxWriter,
        receivers: Sequence[Receiver],
        sender: WebhookSender,
        stop: threading.Event,
        *,
        on_unreadable: UnreadableCallback = ignore_unreadable,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._stop = stop
        deliveries = DeliveryRepository(database, on_unreadable)
        leases = Leases(database, seconds=LEASE_SECONDS)
        self._deliveries = [
            _ReceiverDeliveries(receiver, deliveries, sender, leases, stop)
            for receiver in receivers
        ]

    def deliver_until_stopped(self) -> None:
        """Deliver until `stop` is set. The ledger may be away meanwhile."""
        with ThreadPoolExecutor(len(self._deliveries) + 1) as pool:
            futures: list[Future[None]] = [
                pool.submit(self._poll_deliveries, found) for found in self._deliveries
            ]
            futures.append(pool.submit(self._poll_expired_links))
            wait(futures, return_when=FIRST_EXCEPTION)
            self._stop.set()  # a thread has failed, or all have ended
            for future in futures:
                future.result()

    def deliver_due_events(self) -> None:
        """Deliver what is due now to each receiver, and return."""
        while (
            add_next_events_of_expired_links(self._database, self._outbox)
            and not self._stop.is_set()
        ):
            pass
        with ThreadPoolExecutor(len(self._deliveries)) as pool:
            for future in [pool.submit(self._deliver_due, found) for found in self._deliveries]:
                future.result()

    def _poll_deliveries(self, deliveries: _ReceiverDeliveries) -> None:
        while not self._stop.is_set():
            with suppress(LedgerUnavailable):  # it is logged
                self._deliver_due(deliveries)
            self._stop.wait(_PAUSE if deliveries.is_down else _POLL)

    def _poll_expired_links(self) -> None:
        while not self._stop.is_set():
            try:
                count = add_next_events_of_expired_links(self._database, self._outbox)
            except LedgerUnavailable:  # it is logged
                count = 0
            if not count:
                self._stop.wait(_POLL)

    def _deliver_due(self, deliveries: _ReceiverDeliveries) -> None:
        try:
            deliveries.deliver_batches()
        except LeaseLost:
            log.warning("webhook_lease_lost", receiver=deliveries.receiver.name)

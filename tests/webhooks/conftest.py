"""A ledger with an outbox for receivers on this machine, and its deliverer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from handoff.deadline import Deadline
from handoff.ledger.database import open_database
from handoff.ledger.handoff_repository import HandoffRepository
from handoff.ledger.lease_locks import Leases
from handoff.ledger.migrate import migrate
from handoff.ledger.models import Handoff
from handoff.ledger.reconciliation_repository import ReconciliationRepository
from handoff.ledger.webhook_outbox_writer import WebhookOutboxWriter
from handoff.webhooks.deliverer import Deliverer
from handoff.webhooks.delivery_repository import DeliveryRepository, QueueLag
from handoff.webhooks.receivers import Receiver
from handoff.webhooks.sender import WebhookSender
from tests.conftest import BOTH, FakeClock, create_ledger
from tests.ledger.stored_handoffs import NEW_HANDOFF
from tests.webhooks.receiver_server import SECRET, ReceiverServer, running_receiver


class LedgerWithOutbox:
    """A ledger whose changes are events for receivers."""

    def __init__(self, url: str, clock: FakeClock, receivers: list[Receiver]) -> None:
        self.url = url
        self.clock = clock
        self.database = open_database(url, clock)
        migrate(self.database)
        self.leases = Leases(self.database, seconds=10)
        self.use_receivers(receivers)

    def use_receivers(self, receivers: list[Receiver]) -> None:
        """Write events for these receivers from now on."""
        self.receivers = receivers
        self.outbox = WebhookOutboxWriter([receiver.key for receiver in receivers])
        self.handoffs = HandoffRepository(self.database, ttl=300, grace=60, outbox=self.outbox)
        self.reconciliation = ReconciliationRepository(self.database, self.outbox)

    def issue(self, number: int = 1) -> Handoff:
        """Issue a handoff with a transfer and a quote of its own."""
        new = NEW_HANDOFF.__class__(
            **{
                **{name: getattr(NEW_HANDOFF, name) for name in NEW_HANDOFF.__slots__},
                "transfer_key": f"key {number}",
                "reference": f"r{number}",
                "quote_number": number,
            }
        )
        with self.leases.acquire(new.transfer_key, Deadline.after(0)) as lease:
            assert lease is not None
            return self.handoffs.issue_or_renew(lease, new)

    def open(self, number: int = 1) -> Handoff:
        """Issue a handoff and use its link."""
        used = self.handoffs.use_link(self.issue(number).id, ["a web view"])
        assert used is not None
        return used

    def build_deliverer(self, *secrets: str) -> Deliverer:
        """Return a deliverer of another process."""
        receivers = [
            replace(receiver, secrets=secrets or receiver.secrets or (SECRET,))
            for receiver in self.receivers
        ]
        stop = threading.Event()
        return Deliverer(self.database, self.outbox, receivers, WebhookSender(), stop)

    def deliver(self, *secrets: str) -> None:
        """Deliver what is due."""
        self.build_deliverer(*secrets).deliver_due_events()

    def measure_lags(self, receiver: Receiver) -> QueueLag:
        """Return how far behind the delivery to a receiver is."""
        return DeliveryRepository(self.database).measure_lags([receiver.key])[receiver.key]


@dataclass(slots=True)
class Webhooks:
    """A ledger with two receivers."""

    ledger: LedgerWithOutbox
    first: ReceiverServer
    second: ReceiverServer


@pytest.fixture(params=BOTH)
def webhooks(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, clock: FakeClock
) -> Iterator[Webhooks]:
    url = create_ledger(request, tmp_path_factory.mktemp("outbox"))
    with running_receiver() as first, running_receiver() as second:
        receivers = [Receiver.from_url(first.url), Receiver.from_url(second.url)]
        ledger = LedgerWithOutbox(url, clock, receivers)
        yield Webhooks(ledger, first, second)
        ledger.database.close()

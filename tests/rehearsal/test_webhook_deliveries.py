"""What a rehearsal says about the webhook of an order: delivered, refused, or never tried."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from handoff.ledger.models import Handoff, OrderFinding, OrderOutcome
from handoff.rehearsal import webhook_deliveries
from handoff.rehearsal.cancel_token import Cancelled, CancelToken
from handoff.rehearsal.results import StepFailure
from handoff.rehearsal.webhook_deliveries import WebhookDeliveries
from handoff.webhooks.receivers import Receiver
from tests.conftest import FakeClock
from tests.webhooks.conftest import LedgerWithOutbox
from tests.webhooks.receiver_server import ReceiverServer, running_receiver

ORDER = {"id": 1, "number": "000000001", "state": "new", "replaced_by": None}


@pytest.fixture
def receiver() -> Iterator[ReceiverServer]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture
def ledger(
    tmp_path: Path, clock: FakeClock, receiver: ReceiverServer
) -> Iterator[LedgerWithOutbox]:
    url = f"sqlite:///{tmp_path / 'handoff.db'}"
    ledger = LedgerWithOutbox(url, clock, [Receiver.from_url(receiver.url)])
    yield ledger
    ledger.database.close()


@pytest.fixture
def ordered(ledger: LedgerWithOutbox) -> Handoff:
    """A handoff whose order has an event in the outbox."""
    found = ledger.open()
    ledger.deliver()
    finding = OrderFinding(handoff=found, outcome=OrderOutcome.MATCHED, orders=[ORDER])
    ledger.reconciliation.record_findings([finding])
    return found


@pytest.fixture
def deliveries(
    ledger: LedgerWithOutbox, cancel: CancelToken, monkeypatch: pytest.MonkeyPatch
) -> WebhookDeliveries:
    monkeypatch.setattr(webhook_deliveries, "_TIMEOUT", 0.0)
    return WebhookDeliveries(ledger.database, ledger.receivers, cancel)


def test_every_receiver_has_the_event(
    ledger: LedgerWithOutbox, ordered: Handoff, deliveries: WebhookDeliveries
) -> None:
    ledger.deliver()
    assert deliveries.wait_for_order(ordered.id) == f"handoff.ordered at {ledger.receivers[0].name}"


def test_without_a_deliverer_there_is_no_attempt(
    ordered: Handoff, deliveries: WebhookDeliveries
) -> None:
    with pytest.raises(StepFailure) as failure:
        deliveries.wait_for_order(ordered.id)
    assert "no attempt" in failure.value.actual
    assert "handoff deliver" in failure.value.advice


def test_a_receiver_that_refuses_the_event_is_named(
    ledger: LedgerWithOutbox,
    ordered: Handoff,
    deliveries: WebhookDeliveries,
    receiver: ReceiverServer,
) -> None:
    receiver.status = 500
    ledger.deliver()
    with pytest.raises(StepFailure) as failure:
        deliveries.wait_for_order(ordered.id)
    assert failure.value.actual == f"{ledger.receivers[0].name} refused it (1 failed)"


def test_ctrl_c_ends_the_wait(
    ordered: Handoff,
    deliveries: WebhookDeliveries,
    cancel: CancelToken,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhook_deliveries, "_TIMEOUT", 60.0)
    cancel.request_cancel()
    with pytest.raises(Cancelled):
        deliveries.wait_for_order(ordered.id)

"""What receivers of webhooks get: every event, signed, once, and in the order of its handoff."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from standardwebhooks import Webhook, WebhookVerificationError

from handoff.ledger.models import Handoff, OrderFinding, OrderOutcome
from handoff.ledger.purge import Purger, PurgeRequest
from handoff.ledger.tables import webhook_event
from handoff.webhooks import sender
from handoff.webhooks.deliverer import Deliverer
from handoff.webhooks.delivery_repository import BATCH_SIZE, DeliveryRepository, compute_delay
from handoff.webhooks.receivers import Receiver
from tests.certificates import Authority
from tests.magento.faulty_shop import Behaviour, Call, faulty_shop
from tests.magento.shop_behaviours import (
    answers_late,
    build_response,
    drips_body,
    drips_chunks,
    drips_headers,
)
from tests.webhooks.conftest import LedgerWithOutbox, Webhooks
from tests.webhooks.receiver_server import NEXT_SECRET, SECRET, running_receiver

TOTALS = {
    "currency": "GBP",
    "grand_total": "32.00",
    "subtotal": "24.00",
    "delivery": "10.00",
    "discount": "-2.00",
    "tax": "0.00",
}
ORDER = {"id": 1, "number": "000000001", "state": "new", "replaced_by": None, "totals": TOTALS}
DIFFERENCE = {"code": "missing_in_order", "sku": "A", "bag": "2", "ordered": "0"}


def record_order(ledger: LedgerWithOutbox, found: Handoff, *differences: dict[str, Any]) -> None:
    outcome = OrderOutcome.DIFFERS if differences else OrderOutcome.MATCHED
    ledger.reconciliation.record_findings(
        [
            OrderFinding(
                handoff=found,
                outcome=outcome,
                orders=[ORDER],
                differences=list(differences) or None,
                next_check_at=0,
            )
        ]
    )


def run_at_the_same_time(deliverers: list[Deliverer]) -> None:
    threads = [threading.Thread(target=deliverer.deliver_due_events) for deliverer in deliverers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_each_receiver_gets_each_event_whole_and_once(webhooks: Webhooks) -> None:
    ledger = webhooks.ledger
    used = ledger.open()
    record_order(ledger, used, DIFFERENCE)
    found = ledger.handoffs.find(used.id)
    assert found is not None
    record_order(ledger, found, DIFFERENCE)  # as later runs find it again
    assert ledger.handoffs.use_link(used.id, ["a web view"]) is not None  # a reload
    ledger.deliver()
    ledger.deliver()
    for receiver in (webhooks.first, webhooks.second):
        opened, ordered, differs = receiver.events
        common = {
            "handoff": used.id,
            "caller": "poq",
            "reference": "r1",
            "store": "default",
            "issued_at": "2027-01-15T08:00:00.000Z",
            "expires_at": "2027-01-15T08:05:00.000Z",
            "opened_at": "2027-01-15T08:00:00.000Z",
        }
        order = {
            "number": "000000001",
            "state": "new",
            "total": 32.0,
            "subtotal": 24.0,
            "delivery": 10.0,
            "tax": 0.0,
            "discount": 2.0,
            "credit": 0.0,
            "currency": "GBP",
        }
        time = {"timestamp": "2027-01-15T08:00:00.000Z"}
        assert opened == {"type": "handoff.opened", **time, "data": common}
        assert ordered == {"type": "handoff.ordered", **time, "data": {**common, "order": order}}
        assert differs == {
            "type": "handoff.order_differs",
            **time,
            "data": {**common, "orders": [order], "differences": [DIFFERENCE]},
        }
    assert webhooks.first.ids == webhooks.second.ids


def test_a_link_that_expires_unused_is_an_event_and_one_that_is_used_is_not(
    webhooks: Webhooks,
) -> None:
    ledger = webhooks.ledger
    expired = [ledger.issue(number).id for number in range(150)]
    ledger.open(1000)
    ledger.issue(2000)
    last = ledger.issue(2000)  # with another lifetime; a retry renews nothing of a bag's quote
    ledger.deliver()
    assert [event["type"] for event in webhooks.first.events] == ["handoff.opened"]
    ledger.clock.advance(seconds=301)
    deliverers = [ledger.build_deliverer() for _ in range(2)]
    run_at_the_same_time(deliverers)
    ledger.deliver()
    events = webhooks.first.events[1:]
    assert {event["type"] for event in events} == {"handoff.expired"}
    assert sorted(event["data"]["handoff"] for event in events) == sorted([*expired, last.id])
    assert len(set(webhooks.second.ids)) == len(webhooks.second.ids) == 152


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_receiver_that_fails_gets_everything_later_and_the_other_one_at_once(
    webhooks: Webhooks, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = webhooks.ledger
    webhooks.first.status = status
    for number in range(5):
        ledger.open(number)
    ledger.deliver()
    assert (len(webhooks.first.ids), len(webhooks.second.ids)) == (0, 5)
    first, second = ledger.receivers
    assert ledger.measure_lags(first).waiting_count == 5
    assert ledger.measure_lags(second).waiting_count == 0
    webhooks.first.status = 200
    for _ in range(10):
        ledger.clock.advance(seconds=60)
        ledger.deliver()
    assert sorted(webhooks.first.ids) == sorted(webhooks.second.ids)
    assert "a-secret-of-the-address" not in "".join(capsys.readouterr())


def test_the_first_success_of_a_receiver_that_was_down_brings_everything_at_once(
    webhooks: Webhooks,
) -> None:
    ledger, receiver = webhooks.ledger, webhooks.first
    for number in range(5):
        ledger.open(number)
    deliverer = ledger.build_deliverer()
    receiver.status = 500
    deliverer.deliver_due_events()  # three attempts; two events are not tried
    receiver.status = 200
    deliverer.deliver_due_events()
    assert sorted(receiver.ids) == sorted(webhooks.second.ids)


def test_a_receiver_that_hangs_holds_up_nobody_else(
    webhooks: Webhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "TIMEOUT", 0.3)
    webhooks.first.hang = threading.Event()
    webhooks.ledger.open()
    webhooks.ledger.deliver()
    assert (len(webhooks.first.ids), len(webhooks.second.ids)) == (0, 1)


@pytest.mark.processes
def test_a_certificate_that_is_not_trusted_is_refused(
    webhooks: Webhooks, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = webhooks.ledger
    with running_receiver(Authority(tmp_path).issue("127.0.0.1")) as receiver:
        address = receiver.url.replace("http:", "https:")
        ledger.use_receivers([Receiver.from_url(address), ledger.receivers[1]])
        ledger.open()
        ledger.deliver()
        assert (receiver.requests, len(webhooks.second.ids)) == ([], 1)
    assert "Its certificate is not accepted" in "".join(capsys.readouterr())


@pytest.mark.waiting
@pytest.mark.parametrize("behaviour", [drips_headers, drips_body, drips_chunks, answers_late])
def test_a_receiver_that_drips_its_answer_holds_up_nobody(
    webhooks: Webhooks, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "TIMEOUT", 0.7)
    ledger = webhooks.ledger
    with faulty_shop(behaviour) as dripping:
        slow = Receiver.from_url(f"{dripping.url}/hook")
        ledger.use_receivers([slow, ledger.receivers[1]])
        ledger.open()
        ledger.deliver()
        assert (len(dripping.calls), len(webhooks.second.ids)) == (1, 1)
    assert ledger.measure_lags(slow).waiting_count == 1


def send_without_end(call: Call) -> None:
    """Accept the event with a body that has no end."""
    call.send(build_response(200, b"", length=10**12))
    while True:
        call.send(b" " * 65_536)


def test_the_body_of_an_answer_is_not_read_to_its_end(
    webhooks: Webhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "TIMEOUT", 3.0)
    ledger = webhooks.ledger
    with faulty_shop(send_without_end) as talkative:
        receiver = Receiver.from_url(f"{talkative.url}/hook")
        ledger.use_receivers([receiver])
        ledger.open()
        ledger.deliver()
    assert ledger.measure_lags(receiver).waiting_count == 0


@pytest.mark.parametrize("status", [204, 302, 410, 429, 500])
def test_only_a_2xx_accepts_an_event(webhooks: Webhooks, status: int) -> None:
    ledger = webhooks.ledger
    webhooks.first.status = status
    ledger.open()
    ledger.deliver()
    waiting = ledger.measure_lags(ledger.receivers[0]).waiting_count
    assert waiting == (0 if status == 204 else 1)


def test_thousands_of_events_are_read_in_batches(webhooks: Webhooks) -> None:
    ledger, count = webhooks.ledger, 2_000
    found = ledger.open()
    events = [
        {
            "receiver": ledger.receivers[0].key,
            "id": f"msg_{number}",
            "handoff_id": str(number // 2),  # two events for each handoff
            "type": "handoff.opened",
            "payload": json.dumps({"data": "x" * 500}),
            "created_at": found.read_at,
            "attempt_count": 0,
            "next_attempt_at": found.read_at,
        }
        for number in range(count)
    ]
    insert = sa.insert(webhook_event)
    ledger.database.write(lambda connection: connection.execute(insert, events))
    deliveries, receiver = DeliveryRepository(ledger.database), ledger.receivers[0]
    seen: list[str] = []
    while batch := deliveries.find_due(receiver.key):
        assert len(batch) <= BATCH_SIZE
        assert len({event.handoff_id for event in batch}) == len(batch)
        seen += [event.id for event in batch]
        for event in batch:
            deliveries.mark_delivered(event)
    positions = {event_id: position for position, event_id in enumerate(seen)}
    assert len(positions) == len(seen) == count + 1
    for number in range(0, count, 2):
        assert positions[f"msg_{number}"] < positions[f"msg_{number + 1}"]


def test_the_events_of_a_handoff_wait_for_each_other_and_for_no_other_handoff(
    webhooks: Webhooks,
) -> None:
    ledger, receiver = webhooks.ledger, webhooks.first
    refused, accepted = ledger.open(1), ledger.open(2)
    receiver.refused_handoff = refused.id
    record_order(ledger, refused)
    record_order(ledger, accepted)
    ledger.deliver()
    assert [event["data"]["handoff"] for event in receiver.events] == [accepted.id] * 2
    receiver.refused_handoff = None
    ledger.clock.advance(seconds=5)
    ledger.deliver()
    assert [(event["type"], event["data"]["handoff"]) for event in receiver.events[2:]] == [
        ("handoff.opened", refused.id),
        ("handoff.ordered", refused.id),
    ]


def test_several_deliverers_send_each_event_once(webhooks: Webhooks) -> None:
    ledger = webhooks.ledger
    for number in range(60):
        ledger.open(number)
    deliverers = [ledger.build_deliverer() for _ in range(3)]
    run_at_the_same_time(deliverers)
    ledger.deliver()
    assert len(webhooks.first.ids) == len(set(webhooks.first.ids)) == 60


def test_an_event_is_signed_with_every_secret(webhooks: Webhooks) -> None:
    webhooks.ledger.open()
    webhooks.ledger.deliver(NEXT_SECRET, SECRET)
    [(headers, body)] = webhooks.first.requests
    for secret in (SECRET, NEXT_SECRET):
        assert Webhook(secret).verify(body, headers)["type"] == "handoff.opened"
    assert headers["content-type"] == "application/json"


def test_a_receiver_cannot_sign_for_another_one_that_has_a_secret_of_its_own(
    webhooks: Webhooks,
) -> None:
    ledger = webhooks.ledger
    first, second = ledger.receivers
    ledger.use_receivers([first, replace(second, secrets=(NEXT_SECRET,))])
    ledger.open()
    ledger.deliver()
    for receiver, own, other in (
        (webhooks.first, SECRET, NEXT_SECRET),
        (webhooks.second, NEXT_SECRET, SECRET),
    ):
        [(headers, body)] = receiver.requests
        assert Webhook(own).verify(body, headers)["type"] == "handoff.opened"
        with pytest.raises(WebhookVerificationError):
            Webhook(other).verify(body, headers)


def test_delays_double_to_a_minute_and_after_an_hour_up_to_a_day() -> None:
    seconds = [compute_delay(attempts) / 1000 for attempts in range(1, 200)]
    assert seconds[:6] == [5, 10, 20, 40, 60, 60]
    assert seconds[58:63] == [60, 60, 120, 240, 480]
    assert set(seconds[75:]) == {86_400}


def test_nothing_about_the_shopper_is_in_an_event(webhooks: Webhooks) -> None:
    webhooks.ledger.open()
    webhooks.ledger.deliver()
    [(_, body)] = webhooks.first.requests
    for word in ("bag", "customer", "web_view", "quote"):
        assert word not in body


def test_purging_deletes_delivered_events_after_a_week_and_others_after_a_month(
    webhooks: Webhooks,
) -> None:
    ledger = webhooks.ledger
    webhooks.first.status = 500
    ledger.open()
    ledger.deliver()
    request = PurgeRequest(anonymise_before=0, delete_before=0)
    day, removed = 24 * 3600, []
    for days in (6, 2, 20, 3):
        ledger.clock.advance(seconds=days * day)
        counts = list(Purger(ledger.database).purge(request))
        removed.append(sum(count.event_count for count in counts))
    assert removed == [0, 1, 0, 1]


def test_the_ledger_knows_no_address_of_a_receiver(webhooks: Webhooks) -> None:
    webhooks.ledger.open()
    with webhooks.ledger.database.open_read_connection() as connection:
        rows = connection.execute(sa.select(webhook_event)).all()
    assert len(rows) == 2
    assert "a-secret-of-the-address" not in str(rows)
    assert "a-secret" not in repr(Receiver.from_url(webhooks.first.url))

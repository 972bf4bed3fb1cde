"""Rows that hold something else than the service writes: each is named, and the others work."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.deadline import Deadline
from handoff.ledger.purge import PurgeCounts, Purger, PurgeRequest
from handoff.ledger.reconciliation_repository import ReconciliationRepository
from handoff.ledger.refused_transfer_repository import RefusedTransferRepository
from handoff.ledger.search_repository import SearchRepository
from handoff.ledger.sqlite_database import SqliteDatabase
from handoff.ledger.tables import webhook_event
from handoff.ledger.webhook_delivery_history import find_event_deliveries
from handoff.ledger.webhook_outbox_writer import WebhookOutboxWriter
from handoff.problems import RecordUnreadable
from handoff.webhooks.delivery_repository import DeliveryRepository, QueueLag
from handoff.webhooks.expired_links import add_next_events_of_expired_links
from tests.ledger.stored_handoffs import NEW_HANDOFF, LedgerWithHandoffs

NOT_UTF8 = b"\xff\xfe"

ON_BOTH_DATABASES: list[tuple[str, Any]] = [
    ("bag", "5"),
    ("bag", "null"),
    ("bag", '{"lines": []}'),
    ("bag", '{"currency": "GBP", "lines": {"sku": "A"}}'),
    ("bag", '{"currency": "GBP", "lines": [{"sku": 5, "quantity": "1"}]}'),
    ("bag", '{"currency": "GBP", "lines": [{"sku": "A", "quantity": "many"}]}'),
    ("bag", '{"currency": "GBP", "lines": [{"sku": "A", "quantity": "-1"}]}'),
    ("bag", '{"currency": "GBP", "lines": [{"sku": "A", "quantity": "1e99"}]}'),
    ("orders", "[5]"),
    ("orders", '{"id": 1}'),
    ("orders", '[{"id": "x", "number": "1", "state": "new", "replaced_by": null}]'),
    ("orders", '[{"id": 1, "number": null, "state": "new", "replaced_by": null}]'),
    ("differences", '[{"sku": "A"}]'),
    ("customer_tax", '"none"'),
    ("kind", "gift"),
    ("outcome", "lost"),
    ("issued_at", -5),
    ("expires_at", 2**62),
    ("used_at", 2**62),
    ("quote_number", -1),
    ("customer_id", -7),
    ("reopen_count", -1),
]
ON_SQLITE_ONLY: list[tuple[str, Any]] = [
    ("bag", "no json"),
    ("bag", '{"currency": "GBP", "lines": [{"sku": "A", "quantity": NaN}]}'),
    ("bag", NOT_UTF8),
    ("bag", "[" * 100_000),
    ("orders", "{"),
    ("reference", NOT_UTF8),
    ("store_code", b"\x00"),
    ("issued_at", "yesterday"),
    ("expires_at", 1e300),
    ("used_at", b"\x00"),
    ("session_written_at", "2027-01-01"),
    ("next_check_at", "soon"),
    ("reopen_count", "often"),
    ("quote_number", 1.5),
    ("completed_order", b"\x01"),
]


def write_value(ledger: LedgerWithHandoffs, handoff_id: str, column: str, value: Any) -> None:
    """Write a value into a column of a handoff, past everything that checks it."""
    # SQLite keeps bytes as text, which has to be UTF-8 only for those who read it.
    cast = "CAST(:value AS TEXT)" if value == NOT_UTF8 else ":value"
    statement = sa.text(f"UPDATE handoff SET {column} = {cast} WHERE id = :id")
    ledger.execute(statement, {"value": value, "id": handoff_id})


@pytest.fixture
def damaged(ledger: LedgerWithHandoffs) -> dict[str, str]:
    """Store a readable handoff, and one with each wrong value. Returns its column by its id."""
    ledger.insert(reference="readable", expiry_event="due", used_at=None)
    is_sqlite = isinstance(ledger.database, SqliteDatabase)
    values = ON_BOTH_DATABASES + (ON_SQLITE_ONLY if is_sqlite else [])
    ids = ledger.insert(len(values))
    for handoff_id, (column, value) in zip(ids, values, strict=True):
        write_value(ledger, handoff_id, column, value)
    return {handoff_id: column for handoff_id, (column, _) in zip(ids, values, strict=True)}


def test_reconciliation_reads_the_others_and_names_what_is_wrong(
    ledger: LedgerWithHandoffs, damaged: dict[str, str]
) -> None:
    named: dict[str, tuple[str, ...]] = {}
    repository = ReconciliationRepository(
        ledger.database, on_unreadable=lambda error: named.update({error.record: error.columns})
    )
    found = [handoff for page in repository.iterate_due_handoffs() for handoff in page]
    assert [handoff.reference for handoff in found] == ["readable"]
    assert named == {handoff_id: (column,) for handoff_id, column in damaged.items()}


def test_a_quote_of_which_a_handoff_cannot_be_read_is_left_alone(
    ledger: LedgerWithHandoffs,
) -> None:
    [unreadable, _] = ledger.insert(2, quote_number=27, superseded_at=1)
    ledger.insert(quote_number=28)
    write_value(ledger, unreadable, "bag", "5")
    found = ledger.reconciliation.find_by_quotes([27, 28])
    assert [handoff.quote_number for handoff in found] == [28]


def test_a_search_for_it_finds_nothing_and_names_it(
    ledger: LedgerWithHandoffs, damaged: dict[str, str]
) -> None:
    named: list[str] = []
    search = SearchRepository(ledger.database, lambda error: named.append(error.record))
    for handoff_id in damaged:
        assert search.find_by_text(handoff_id) == []
    assert named == list(damaged)
    assert search.find_by_text("readable")


def test_its_link_raises_a_problem(ledger: LedgerWithHandoffs, damaged: dict[str, str]) -> None:
    for handoff_id, column in damaged.items():
        with pytest.raises(RecordUnreadable) as raised:
            ledger.handoffs.find(handoff_id)
        assert (raised.value.record, raised.value.columns) == (handoff_id, (column,))
        try:
            assert ledger.handoffs.use_link(handoff_id, ["h"]) is None
        except RecordUnreadable:
            pass


def test_purging_keeps_it_or_deletes_it_and_purges_the_others(
    ledger: LedgerWithHandoffs, damaged: dict[str, str]
) -> None:
    def purge(*, include_unreconciled: bool) -> PurgeCounts:
        request = PurgeRequest(
            anonymise_before=ledger.clock.now,
            delete_before=ledger.clock.now,
            include_unreconciled=include_unreconciled,
        )
        return sum(Purger(ledger.database).purge(request), start=PurgeCounts())

    kept = purge(include_unreconciled=False)
    assert (kept.unreadable_count, kept.unreconciled_count) == (len(damaged), 1)
    assert purge(include_unreconciled=True).deleted_count == len(damaged) + 1
    assert ledger.read_rows() == []


def test_an_equal_transfer_replaces_it(ledger: LedgerWithHandoffs) -> None:
    first = ledger.issue()
    write_value(ledger, first.id, "bag", "5")
    second = ledger.issue()
    assert second.id != first.id
    write_value(ledger, second.id, "bag", "5")
    with ledger.leases.acquire(NEW_HANDOFF.transfer_key, Deadline.after(0)) as lease:
        assert lease is not None
        key, content = NEW_HANDOFF.transfer_key, NEW_HANDOFF.content_hash
        assert ledger.handoffs.renew(lease, transfer_key=key, content_hash=content) is None
    assert all(row["superseded_at"] is not None for row in ledger.read_rows())


def test_a_refusal_that_cannot_be_read_raises_a_problem_and_a_search_leaves_it_out(
    ledger: LedgerWithHandoffs,
) -> None:
    refusals = RefusedTransferRepository(ledger.database)
    refusals.record("poq", "r1", code="lines_refused", skus=["A"])
    ledger.execute(sa.text("UPDATE refused_transfer SET skus = '5'"))
    with pytest.raises(RecordUnreadable):
        refusals.find("poq", "r1")
    assert SearchRepository(ledger.database).find_by_text("r1") == []


def test_the_events_of_other_expired_links_are_written(
    ledger: LedgerWithHandoffs,
) -> None:
    ids = ledger.insert(2, used_at=None, session_written_at=None, expiry_event="due")
    write_value(ledger, ids[0], "bag", "5")
    outbox = WebhookOutboxWriter(["receiver"])
    assert add_next_events_of_expired_links(ledger.database, outbox) == 2
    assert add_next_events_of_expired_links(ledger.database, outbox) == 0
    [event] = DeliveryRepository(ledger.database).find_due("receiver")
    assert event.handoff_id == ids[1]


EVENTS_ON_BOTH_DATABASES: list[tuple[str, Any]] = [
    ("payload", "no json"),
    ("payload", "[1]"),
    ("attempt_count", -1),
    ("next_attempt_at", -5),
    ("next_attempt_at", 2**62),
    ("created_at", 2**62),
]
EVENTS_ON_SQLITE_ONLY: list[tuple[str, Any]] = [
    ("payload", NOT_UTF8),
    ("attempt_count", "often"),
    ("next_attempt_at", "soon"),
    ("next_attempt_at", ""),
    ("next_attempt_at", 1e300),
    ("next_attempt_at", b"\x00"),
    ("created_at", "yesterday"),
]


def write_event_value(ledger: LedgerWithHandoffs, column: str, value: Any) -> None:
    """Write a value into a column of all events, past everything that checks it."""
    cast = "CAST(:value AS TEXT)" if value == NOT_UTF8 else ":value"
    ledger.execute(sa.text(f"UPDATE webhook_event SET {column} = {cast}"), {"value": value})


def read_event_values(ledger: LedgerWithHandoffs) -> list[tuple[str, Any]]:
    is_sqlite = isinstance(ledger.database, SqliteDatabase)
    return EVENTS_ON_BOTH_DATABASES + (EVENTS_ON_SQLITE_ONLY if is_sqlite else [])


def test_an_event_that_cannot_be_read_is_named_and_does_not_hold_up_the_next_one(
    ledger: LedgerWithHandoffs,
) -> None:
    outbox = WebhookOutboxWriter(["receiver"])
    for column, value in read_event_values(ledger):
        ledger.execute(sa.delete(webhook_event))
        found = ledger.issue()
        ledger.database.write(partial(outbox.add_opened_event, handoff=found))
        write_event_value(ledger, column, value)
        ledger.database.write(partial(outbox.add_expired_event, handoff=found))
        named: list[RecordUnreadable] = []
        deliveries = DeliveryRepository(ledger.database, named.append)
        [event] = deliveries.find_due("receiver")
        assert event.type == "handoff.expired"
        assert [error.columns for error in named] == [(column,)]
        deliveries.mark_delivered(event)
        assert deliveries.find_due("receiver") == []
        assert deliveries.measure_lags(["receiver"])["receiver"].waiting_count == 0
        assert len(named) == 1


def test_an_event_without_a_readable_time_does_not_change_how_long_others_have_waited(
    ledger: LedgerWithHandoffs,
) -> None:
    outbox = WebhookOutboxWriter(["receiver"])
    found = ledger.issue()
    ledger.database.write(lambda connection: outbox.add_opened_event(connection, found))
    deliveries = DeliveryRepository(ledger.database)
    is_sqlite = isinstance(ledger.database, SqliteDatabase)
    write_event_value(ledger, "created_at", "yesterday" if is_sqlite else 2**62)
    assert deliveries.measure_lags(["receiver"])["receiver"] == QueueLag(1, 0)
    ledger.database.write(lambda connection: outbox.add_expired_event(connection, found))
    ledger.clock.advance(seconds=7)
    assert deliveries.measure_lags(["receiver"])["receiver"] == QueueLag(2, 7)


def test_an_event_that_is_set_aside_is_found_and_purged(ledger: LedgerWithHandoffs) -> None:
    outbox = WebhookOutboxWriter(["receiver"])
    found = ledger.issue()
    ledger.database.write(lambda connection: outbox.add_opened_event(connection, found))
    write_event_value(ledger, "payload", "5")
    assert DeliveryRepository(ledger.database).find_due("receiver") == []
    [delivery] = find_event_deliveries(ledger.database, [found.id])[found.id]
    assert (delivery.delivered_at, delivery.set_aside_at) == (None, ledger.clock.now)
    write_event_value(ledger, "created_at", 2**62)
    named: list[tuple[str, tuple[str, ...]]] = []
    assert not find_event_deliveries(
        ledger.database,
        [found.id],
        lambda error: named.append((error.record[:4], error.columns)),
    )
    assert named == [("msg_", ("created_at",))]
    request = PurgeRequest(anonymise_before=0, delete_before=0)
    assert sum(Purger(ledger.database).purge(request), start=PurgeCounts()).event_count == 1


def test_an_event_that_waits_longer_than_a_day_is_due_since_the_clock_was_set_back(
    ledger: LedgerWithHandoffs,
) -> None:
    outbox, deliveries = WebhookOutboxWriter(["receiver"]), DeliveryRepository(ledger.database)
    found = ledger.issue()
    ledger.database.write(lambda connection: outbox.add_opened_event(connection, found))
    [event] = deliveries.find_due("receiver")
    deliveries.postpone(event, "It answers 500.")
    ledger.clock.advance(seconds=-3600)
    assert deliveries.find_due("receiver") == []
    ledger.clock.advance(seconds=-24 * 3600)
    assert len(deliveries.find_due("receiver")) == 1

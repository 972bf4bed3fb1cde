"""What purging removes from the ledger, and what stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from handoff.deadline import Deadline
from handoff.ledger.models import OrderOutcome
from handoff.ledger.purge import PurgeCounts, Purger, PurgeRequest
from handoff.ledger.tables import lease
from tests.ledger.stored_handoffs import HOUR, NEW_HANDOFF, ORDERS, LedgerWithHandoffs

DAY = 24 * HOUR
DIFFERENCES = [{"code": "missing_in_order", "sku": "A", "bag": "1", "ordered": "0"}]


def purge(ledger: LedgerWithHandoffs, *, dry_run: bool = False, **changes: Any) -> PurgeCounts:
    """Anonymise what is older than a day, and delete what is older than ten."""
    now = ledger.clock.now
    times = {"anonymise_before": now - DAY, "delete_before": now - 10 * DAY}
    request = PurgeRequest(**{**times, **changes})
    return sum(Purger(ledger.database, dry_run=dry_run).purge(request), start=PurgeCounts())


def wait_days(ledger: LedgerWithHandoffs, days: int) -> None:
    ledger.clock.advance(seconds=days * 24 * 3600)


def test_an_anonymised_handoff_keeps_its_reference_and_its_order_and_nothing_of_its_shopper(
    ledger: LedgerWithHandoffs,
) -> None:
    ledger.insert()
    found = ledger.read_all()[0]
    ledger.record(found, outcome=OrderOutcome.DIFFERS, orders=ORDERS, differences=DIFFERENCES)
    [before] = ledger.read_rows()
    wait_days(ledger, 2)
    assert purge(ledger) == PurgeCounts(anonymised_count=1)
    [after] = ledger.read_rows()
    removed = {
        "content_hash": "",
        "bag": {"currency": "", "lines": []},
        "customer_id": None,
        "customer_group_id": None,
        "web_view_hash": None,
        "differences": None,
        "anonymised_at": ledger.clock.now,
    }
    assert after == {**before, **removed}
    assert purge(ledger) == PurgeCounts()


def test_an_anonymised_handoff_is_deleted_after_the_time_for_references(
    ledger: LedgerWithHandoffs,
) -> None:
    ledger.insert()
    ledger.record(ledger.read_all()[0], outcome=OrderOutcome.MATCHED, orders=ORDERS)
    wait_days(ledger, 2)
    purge(ledger)
    wait_days(ledger, 9)
    assert purge(ledger) == PurgeCounts(deleted_count=1)
    assert ledger.read_rows() == []


def test_a_handoff_without_a_reference_is_deleted_instead_of_anonymised(
    ledger: LedgerWithHandoffs,
) -> None:
    ledger.insert(reference=None, transfer_key="guest:1")
    ledger.record(ledger.read_all()[0], outcome=OrderOutcome.MATCHED, orders=ORDERS)
    wait_days(ledger, 2)
    assert purge(ledger) == PurgeCounts(deleted_count=1)
    assert ledger.read_rows() == []


@pytest.mark.parametrize("days", [2, 20])
def test_an_unreconciled_handoff_stays_unless_it_is_included(
    ledger: LedgerWithHandoffs, days: int
) -> None:
    ledger.insert()
    wait_days(ledger, days)
    before = ledger.read_rows()
    assert purge(ledger) == PurgeCounts(unreconciled_count=1)
    assert ledger.read_rows() == before
    expected = PurgeCounts(anonymised_count=1) if days == 2 else PurgeCounts(deleted_count=1)
    assert purge(ledger, include_unreconciled=True) == expected
    outcomes = [row["outcome"] for row in ledger.read_rows()]
    assert outcomes == ["unreconciled"] * expected.anonymised_count
    assert ledger.reconciliation.count_due_handoffs() == 0


def test_a_handoff_whose_link_is_live_stays(ledger: LedgerWithHandoffs) -> None:
    expires = ledger.clock.now + 3 * DAY
    ledger.insert(expires_at=expires, used_at=None, session_written_at=None)
    wait_days(ledger, 2)
    assert purge(ledger, include_unreconciled=True) == PurgeCounts()


def test_a_dry_run_counts_the_same_and_changes_nothing(ledger: LedgerWithHandoffs) -> None:
    ledger.insert(500, resolved_at=1, outcome="never_opened")
    ledger.insert(3, reference=None, resolved_at=1, outcome="never_opened")
    ledger.insert(2)
    wait_days(ledger, 2)
    before = ledger.read_rows()
    counts = purge(ledger, dry_run=True)
    assert ledger.read_rows() == before
    expected = PurgeCounts(anonymised_count=500, deleted_count=3, unreconciled_count=2)
    assert counts == purge(ledger) == expected


def test_purging_works_in_batches_and_continues_where_it_was_stopped(
    ledger: LedgerWithHandoffs,
) -> None:
    ledger.insert(1000, resolved_at=1, outcome="never_opened")
    wait_days(ledger, 2)
    request = PurgeRequest(anonymise_before=ledger.clock.now - DAY, delete_before=0)
    first = next(Purger(ledger.database).purge(request))
    assert 0 < first.anonymised_count < 1000
    anonymised = [row for row in ledger.read_rows() if row["anonymised_at"] is not None]
    assert len(anonymised) == first.anonymised_count
    rest = sum(Purger(ledger.database).purge(request), start=PurgeCounts())
    assert rest.anonymised_count == 1000 - first.anonymised_count


def test_leases_of_dead_processes_are_deleted_and_held_ones_stay(
    ledger: LedgerWithHandoffs,
) -> None:
    expired = ledger.clock.now - 2 * HOUR
    ledger.execute(insert(lease), {"key_hash": "dead", "holder": "h", "expires_at": expired})
    with ledger.leases.acquire("held", Deadline.after(0)):
        assert purge(ledger, dry_run=True).lease_count == 1
        assert purge(ledger).lease_count == 1
        with ledger.database.open_read_connection() as connection:
            assert connection.execute(select(lease.c.key_hash)).scalars().all() == ["held"]
    with ledger.database.open_read_connection() as connection:
        assert connection.execute(select(func.count()).select_from(lease)).scalar_one() == 0


def test_an_anonymised_handoff_is_superseded_by_a_new_one(ledger: LedgerWithHandoffs) -> None:
    """Until then it is the current one of its transfer, and of its quote."""
    ledger.insert(transfer_key="ref:r", quote_number=7, resolved_at=1, outcome="never_opened")
    wait_days(ledger, 2)
    purge(ledger)
    ledger.issue(replace(NEW_HANDOFF, transfer_key="ref:r", quote_number=7))
    is_current = [row["superseded_at"] is None for row in ledger.read_rows()]
    assert sorted(is_current) == [False, True]

"""The numbers of the ledger for `/metrics`, on both databases."""

from __future__ import annotations

from handoff.ledger.stage_counts import read_handoff_metrics
from tests.ledger.query_plans import find_full_scans, recorded_statements
from tests.ledger.stored_handoffs import LedgerWithHandoffs

ORDER = {"id": 1, "number": "000000001", "state": "new", "replaced_by": None}


def test_each_stage_counts_the_handoffs_of_24_hours(ledger: LedgerWithHandoffs) -> None:
    ledger.insert(orders=[ORDER])
    ledger.insert(2)
    ledger.insert(session_written_at=None)
    ledger.insert(3, session_written_at=None, used_at=None)
    counts = {"issued": 7, "opened": 4, "session_written": 3, "ordered": 1}
    assert read_handoff_metrics(ledger.database).counts == counts
    ledger.clock.advance(seconds=24 * 3600)
    assert set(read_handoff_metrics(ledger.database).counts.values()) == {0}


def test_the_oldest_handoff_that_was_not_checked(ledger: LedgerWithHandoffs) -> None:
    assert read_handoff_metrics(ledger.database).oldest_unreconciled_seconds == 0
    now = ledger.clock.now
    for seconds, next_check_at in ((9000, None), (8000, now + 1), (7000, 0), (6000, 0)):
        ledger.insert(issued_at=now - seconds * 1000, next_check_at=next_check_at)
    assert read_handoff_metrics(ledger.database).oldest_unreconciled_seconds == 7000


def test_the_ledger_is_read_by_its_indexes(ledger: LedgerWithHandoffs) -> None:
    with recorded_statements() as statements:
        read_handoff_metrics(ledger.database)
    assert len(statements) == 2
    for statement, parameters in statements:
        assert find_full_scans(ledger.database, statement, parameters) == []

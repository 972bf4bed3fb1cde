"""The handoff repository: which web view may use a link, and for how long."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from handoff.deadline import Deadline
from handoff.ledger.database import open_database
from handoff.ledger.lease_locks import LeaseLost
from handoff.ledger.migrate import migrate
from handoff.ledger.models import LinkState
from handoff.ledger.tables import handoff, lease
from handoff.problems import LedgerUnavailable
from tests.ledger.query_plans import find_full_scans, recorded_statements
from tests.ledger.stored_handoffs import NEW_HANDOFF, LedgerWithHandoffs


def test_an_issued_handoff_is_found_again(ledger: LedgerWithHandoffs) -> None:
    issued = ledger.issue()
    assert ledger.handoffs.find(issued.id) == issued
    assert len(issued.id) == 22
    assert issued.item_count == 2
    assert ledger.handoffs.find("unknown") is None


def test_issuing_releases_the_lease_in_the_same_transaction(ledger: LedgerWithHandoffs) -> None:
    ledger.issue()
    with ledger.database.open_read_connection() as connection:
        assert connection.execute(select(lease)).first() is None


def test_nothing_is_written_under_a_lease_that_was_lost(ledger: LedgerWithHandoffs) -> None:
    with ledger.leases.acquire("k", Deadline.after(0)) as first:
        assert first is not None
        ledger.clock.advance(seconds=11)
        with ledger.leases.acquire("k", Deadline.after(0)) as second:
            assert second is not None
            with pytest.raises(LeaseLost):
                ledger.handoffs.issue_or_renew(first, NEW_HANDOFF)
    assert ledger.read_rows() == []


def test_the_first_web_view_uses_the_link_and_no_other(ledger: LedgerWithHandoffs) -> None:
    issued = ledger.issue()
    used = ledger.handoffs.use_link(issued.id, ["a", "b"])
    assert used is not None
    assert (used.web_view_hash, used.used_at) == ("a", ledger.clock.now)
    assert ledger.handoffs.use_link(issued.id, ["b"]) is None
    assert ledger.handoffs.use_link(issued.id, ["b", "a"]) is not None


def test_an_expired_link_cannot_be_used(ledger: LedgerWithHandoffs) -> None:
    issued = ledger.issue()
    ledger.clock.advance(seconds=300)
    assert ledger.handoffs.use_link(issued.id, ["a"]) is None


def test_a_quote_and_a_transfer_have_one_current_handoff(ledger: LedgerWithHandoffs) -> None:
    other = replace(NEW_HANDOFF, transfer_key="ref:other")
    issued = [
        ledger.issue(),
        ledger.issue(other),
        ledger.issue(replace(other, content_hash="two", quote_number=28)),
    ]
    states = [(ledger.handoffs.find(each.id) or each).state for each in issued]
    assert states == [LinkState.SUPERSEDED, LinkState.SUPERSEDED, LinkState.LIVE]


def test_the_database_itself_refuses_two_current_handoffs_of_a_quote(
    ledger: LedgerWithHandoffs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handoff.ledger.database.MAX_WAIT", 1.0)
    ledger.issue()
    [row] = ledger.read_rows()
    with pytest.raises(LedgerUnavailable):
        ledger.execute(handoff.insert(), {**row, "id": "x", "transfer_key": "x"})


def test_an_undone_session_write_takes_back_only_its_own(ledger: LedgerWithHandoffs) -> None:
    issued = ledger.issue()
    first = ledger.handoffs.use_link(issued.id, ["a"])
    ledger.clock.advance(seconds=1)
    second = ledger.handoffs.use_link(issued.id, ["a"])
    assert first is not None
    assert second is not None
    ledger.handoffs.undo_session_write(first)
    [row] = ledger.read_rows()
    assert (row["session_written_at"], row["reopen_count"]) == (second.session_written_at, 0)
    ledger.handoffs.undo_session_write(second)
    [row] = ledger.read_rows()
    assert (row["session_written_at"], row["reopen_count"]) == (None, 0)
    ledger.clock.advance(seconds=200)
    third = ledger.handoffs.use_link(issued.id, ["a"])
    ledger.handoffs.undo_session_write(first)
    [row] = ledger.read_rows()
    assert third is not None
    assert row["session_written_at"] == third.session_written_at == ledger.clock.now


def test_no_statement_reads_rows_that_it_does_not_need(ledger: LedgerWithHandoffs) -> None:
    """However long the ledger is, each request finds its rows by an index."""
    with recorded_statements() as statements:
        issued = ledger.issue()
        ledger.issue(replace(NEW_HANDOFF, content_hash="two"))
        ledger.handoffs.find(issued.id)
        used = ledger.handoffs.use_link(issued.id, ["a"])
        ledger.handoffs.undo_session_write(used or issued)
    assert len(statements) > 5
    for statement, parameters in statements:
        assert find_full_scans(ledger.database, statement, parameters) == [], statement


def test_a_ledger_without_wal_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    database = open_database("sqlite:///:memory:")
    with pytest.raises(LedgerUnavailable) as raised:
        migrate(database)
    assert "WAL" in raised.value.reason
    database.close()

"""Leases: one holder at a time, for a fixed time."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import select

from handoff.deadline import Deadline
from handoff.ledger.lease_locks import LeaseLost
from handoff.ledger.tables import lease
from tests.ledger.query_plans import find_full_scans, recorded_statements
from tests.ledger.stored_handoffs import LedgerWithHandoffs


def test_others_wait_for_a_lease_until_their_deadline(ledger: LedgerWithHandoffs) -> None:
    with ledger.leases.acquire("k", Deadline.after(0)):
        began = time.monotonic()
        with ledger.leases.acquire("k", Deadline.after(0.3)) as second:
            assert second is None
        assert 0.3 <= time.monotonic() - began < 5
        with ledger.leases.acquire("another key", Deadline.after(0)) as other:
            assert other is not None
    with ledger.leases.acquire("k", Deadline.after(0)) as third:
        assert third is not None


def test_who_waits_gets_the_lease_when_it_is_released(ledger: LedgerWithHandoffs) -> None:
    acquired = threading.Event()

    def wait_for_lease() -> None:
        with ledger.leases.acquire("k", Deadline.after(30)) as second:
            assert second is not None
            acquired.set()

    waiting = threading.Thread(target=wait_for_lease)
    with ledger.leases.acquire("k", Deadline.after(0)):
        waiting.start()
        assert not acquired.wait(0.2)
    waiting.join(timeout=30)
    assert acquired.is_set()


def test_a_lease_ends_at_a_fixed_time(ledger: LedgerWithHandoffs) -> None:
    with ledger.leases.acquire("k", Deadline.after(0)):
        for seconds, is_free in ((9.9, False), (0.1, True)):
            ledger.clock.advance(seconds=seconds)
            with ledger.leases.acquire("k", Deadline.after(0)) as second:
                assert (second is not None) == is_free


def test_a_lease_can_be_extended_until_another_process_takes_it(
    ledger: LedgerWithHandoffs,
) -> None:
    with ledger.leases.acquire("k", Deadline.after(0)) as first:
        assert first is not None
        for _ in range(2):
            ledger.clock.advance(seconds=9)
            ledger.leases.extend(first)
        with ledger.leases.acquire("k", Deadline.after(0)) as second:
            assert second is None
        ledger.clock.advance(seconds=10)
        with ledger.leases.acquire("k", Deadline.after(0)), pytest.raises(LeaseLost):
            ledger.leases.extend(first)


def test_a_clock_that_steps_back_leaves_no_lease_held(ledger: LedgerWithHandoffs) -> None:
    first = ledger.leases.acquire("k", Deadline.after(0))
    with first as lost:
        ledger.clock.advance(seconds=-3600)
        with ledger.leases.acquire("k", Deadline.after(0)) as second:
            assert second is not None
            with ledger.leases.acquire("k", Deadline.after(0)) as third:
                assert third is None
            assert lost is not None
            with pytest.raises(LeaseLost):
                ledger.leases.extend(lost)


def test_a_statement_that_began_before_the_lease_does_not_take_it(
    ledger: LedgerWithHandoffs,
) -> None:
    with ledger.leases.acquire("k", Deadline.after(0)) as first:
        ledger.clock.advance(seconds=-5)
        with ledger.leases.acquire("k", Deadline.after(0)) as second:
            assert second is None
        assert first is not None
        ledger.leases.extend(first)


def test_a_lost_lease_is_not_taken_from_its_new_holder(ledger: LedgerWithHandoffs) -> None:
    first = ledger.leases.acquire("k", Deadline.after(0))
    first.__enter__()
    ledger.clock.advance(seconds=10)
    with ledger.leases.acquire("k", Deadline.after(0)) as second:
        assert second is not None
        first.__exit__(None, None, None)
        with ledger.database.open_read_connection() as connection:
            assert connection.execute(select(lease.c.holder)).scalar_one() == second.holder


def test_no_statement_reads_leases_that_it_does_not_need(ledger: LedgerWithHandoffs) -> None:
    with recorded_statements() as statements:
        with (
            ledger.leases.acquire("k", Deadline.after(0)) as first,
            ledger.leases.acquire("k", Deadline.after(0)),
        ):
            assert first is not None
            ledger.leases.extend(first)
    assert statements
    for statement, parameters in statements:
        assert find_full_scans(ledger.database, statement, parameters) == [], statement

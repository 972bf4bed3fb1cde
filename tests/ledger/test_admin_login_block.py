"""The block on a refused administrator's login, shared by all processes of a ledger."""

from __future__ import annotations

import time

import pytest

from handoff.deadline import Deadline
from handoff.ledger.admin_login_block import LedgerLoginBlock
from tests.conftest import FakeClock
from tests.ledger.stored_handoffs import LedgerWithHandoffs

MINUTE = 60
LONG_AGO = -1_000_000.0  # on the monotonic clock


def open_block(
    ledger: LedgerWithHandoffs, *, read_at: float = LONG_AGO, login: str = "a" * 64
) -> LedgerLoginBlock:
    """Open the block of a process that has read its settings at a time."""
    return LedgerLoginBlock(ledger.database, login_hash=login, settings_read_at=read_at)


def is_login_allowed(block: LedgerLoginBlock) -> bool:
    with block.hold_login_attempt(Deadline.after(0)) as may_try:
        return may_try


def test_a_refused_login_is_blocked_for_every_process_until_the_block_ends(
    ledger: LedgerWithHandoffs, clock: FakeClock
) -> None:
    first, second = open_block(ledger), open_block(ledger)
    assert is_login_allowed(first)
    assert not first.is_set()
    first.set(35 * MINUTE)
    for seconds in (0, 35 * MINUTE - 1):
        clock.advance(seconds=seconds)
        assert [is_login_allowed(first), is_login_allowed(second)] == [False, False]
        assert second.is_set()
    clock.advance(seconds=1)
    assert [is_login_allowed(first), is_login_allowed(second)] == [True, True]
    assert not second.is_set()


def test_another_login_is_not_blocked(ledger: LedgerWithHandoffs) -> None:
    open_block(ledger).set(35 * MINUTE)
    assert is_login_allowed(open_block(ledger, login="b" * 64))


def test_settings_that_were_read_later_allow_one_more_try(
    ledger: LedgerWithHandoffs, clock: FakeClock
) -> None:
    before = open_block(ledger)
    before.set(35 * MINUTE)
    clock.advance(seconds=MINUTE)
    after = open_block(ledger, read_at=time.monotonic())
    assert is_login_allowed(after)
    assert not is_login_allowed(before)
    after.set(35 * MINUTE)
    assert not is_login_allowed(after)


def test_many_restarts_do_not_try_a_login_often_enough_to_lock_it(
    ledger: LedgerWithHandoffs, clock: FakeClock
) -> None:
    tried = 0
    for _ in range(20):
        clock.advance(seconds=MINUTE)
        restarted = open_block(ledger, read_at=time.monotonic())
        if is_login_allowed(restarted):
            restarted.set(35 * MINUTE)
            tried += 1
    assert tried == 3


def test_one_process_at_a_time_tries_a_login(ledger: LedgerWithHandoffs) -> None:
    with open_block(ledger).hold_login_attempt(Deadline.after(0)) as may_try_first:
        assert may_try_first
        assert not is_login_allowed(open_block(ledger))
    assert is_login_allowed(open_block(ledger))


def test_who_waits_for_a_try_that_is_refused_does_not_try(ledger: LedgerWithHandoffs) -> None:
    with open_block(ledger).hold_login_attempt(Deadline.after(0)):
        open_block(ledger).set(35 * MINUTE)
        with open_block(ledger).hold_login_attempt(Deadline.after(5)) as may_try_next:
            assert not may_try_next


@pytest.mark.parametrize("seconds", [60, 35 * MINUTE])
def test_a_block_that_has_ended_counts_no_more(
    seconds: int, ledger: LedgerWithHandoffs, clock: FakeClock
) -> None:
    for _ in range(5):
        open_block(ledger).set(seconds)
        clock.advance(seconds=seconds + 1)
        assert is_login_allowed(open_block(ledger))


def test_a_clock_that_steps_back_blocks_no_login_for_longer(
    ledger: LedgerWithHandoffs, clock: FakeClock
) -> None:
    block = open_block(ledger)
    block.set(35 * MINUTE)
    clock.advance(seconds=-3600)
    assert not block.is_set()
    assert is_login_allowed(block)


def test_a_statement_that_began_before_the_block_sees_it(
    ledger: LedgerWithHandoffs, clock: FakeClock
) -> None:
    block = open_block(ledger)
    block.set(35 * MINUTE)
    clock.advance(seconds=-5)
    assert block.is_set()
    assert not is_login_allowed(block)

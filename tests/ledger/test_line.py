"""The line before the database: one at a time, in turn, and never stuck in it."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from handoff.ledger.write_lock import WriteLock
from handoff.problems import LedgerUnavailable


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "ledger.db.lock")


def passes(line: WriteLock, *, timeout: float = 10) -> bool:
    try:
        with line.turn(timeout=timeout):
            return True
    except LedgerUnavailable:
        return False


def test_only_one_has_the_turn_among_threads_and_lines(path: str) -> None:
    """Two lines on one file are to each other as two processes are."""
    lines, inside, most = [WriteLock(path), WriteLock(path)], 0, 0

    def work(number: int) -> None:
        nonlocal inside, most
        with lines[number % 2].turn(timeout=30):
            inside += 1
            most = max(most, inside)
            threading.Event().wait(0.001)
            inside -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(200)))
    assert most == 1


def test_whoever_waits_too_long_is_told(path: str) -> None:
    holder, waiter = WriteLock(path), WriteLock(path)
    with holder.turn(timeout=1):
        assert not passes(waiter, timeout=0.05)
        assert not passes(holder, timeout=0.05)
    assert passes(waiter)
    assert passes(holder)


def test_a_place_that_was_given_up_holds_nobody_up(path: str) -> None:
    holder, gone, third = WriteLock(path), WriteLock(path), WriteLock(path)
    with holder.turn(timeout=1):
        assert not passes(gone, timeout=0.05)
    assert passes(third)
    assert passes(gone)


DYING = """
import os, sys
from handoff.ledger.write_lock import WriteLock
with WriteLock(sys.argv[1]).turn(timeout=10):
    print("in", flush=True)
    sys.stdin.readline()
    os._exit(1)
"""


def test_a_process_that_dies_gives_its_turn_up(path: str) -> None:
    command = [sys.executable, "-c", DYING, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"in\n"
        line = WriteLock(path)
        assert not passes(line, timeout=0.05)
        other.communicate(b"die\n")
    assert passes(line)

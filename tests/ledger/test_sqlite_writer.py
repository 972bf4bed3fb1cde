"""Writes of one process to a SQLite file: many in one transaction, each with its own result."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from handoff.deadline import set_request_deadline
from handoff.ledger.database import Database, open_database
from handoff.ledger.migrate import migrate
from handoff.problems import LedgerUnavailable
from tests.races.ledger_access import locked_ledger

pytestmark = pytest.mark.waiting

_WRITERS = 8


class Writers:
    """Threads that each write a row."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.path = url.removeprefix("sqlite:///")
        self.database: Database = open_database(url)
        migrate(self.database)
        self.pool = ThreadPoolExecutor(_WRITERS)

    def insert(self, name: str) -> Callable[[Connection], str]:
        """Return work that inserts a name, once for each time that it runs."""

        def work(connection: Connection) -> str:
            connection.exec_driver_sql("INSERT INTO lease VALUES (?, 'somebody', 0)", (name,))
            return name

        return work

    def write(self, work: Any, *, seconds: float = 30) -> Future[Any]:
        """Write in a thread, in a request of so many seconds."""

        def handle_request() -> Any:
            set_request_deadline(seconds)
            return self.database.write(work)

        return self.pool.submit(handle_request)

    def read_names(self) -> list[str]:
        """Return the names that are committed."""
        with self.database.open_read_connection() as connection:
            return sorted(connection.exec_driver_sql("SELECT key_hash FROM lease").scalars())

    def close(self) -> None:
        """End the threads and close the ledger."""
        self.pool.shutdown()
        self.database.close()


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[Writers]:
    writers = Writers(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield writers
    writers.close()


@pytest.fixture
def impatient_writers(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Writers:
    """Writers that wait for a lock for 1.5 seconds instead of five, however long a request is."""
    monkeypatch.setattr("handoff.ledger.database.MAX_WAIT", 1.5)
    writers: Writers = request.getfixturevalue("writers")
    return writers


def test_writes_that_wait_share_a_transaction_and_each_has_its_own_result(
    writers: Writers,
) -> None:
    committed_before: list[list[str]] = []

    def observing(name: str) -> Callable[[Connection], str]:
        insert = writers.insert(name)

        def work(connection: Connection) -> str:
            committed_before.append(writers.read_names())
            return insert(connection)

        return work

    names = [f"writer {n}" for n in range(_WRITERS)]
    with locked_ledger(writers.url):
        writes = [writers.write(observing(name)) for name in names]
        threading.Event().wait(0.5)  # until all of them wait
    assert [write.result() for write in writes] == names
    assert writers.read_names() == names
    assert committed_before == [[]] * _WRITERS


def test_work_that_fails_undoes_no_other_write(writers: Writers) -> None:
    class Refused(Exception):
        pass

    def fail(connection: Connection) -> None:
        writers.insert("half of the work")(connection)
        raise Refused

    with locked_ledger(writers.url):
        good = [writers.write(writers.insert(f"before {n}")) for n in range(3)]
        refused = writers.write(fail)
        broken = writers.write(lambda connection: connection.exec_driver_sql("NO SQL"))
        good += [writers.write(writers.insert(f"after {n}")) for n in range(3)]
        threading.Event().wait(0.5)
    assert isinstance(refused.exception(), Refused)
    assert isinstance(broken.exception(), LedgerUnavailable)
    names = sorted(write.result() for write in good)
    assert writers.read_names() == names


def test_a_write_without_time_left_is_withdrawn_alone(writers: Writers) -> None:
    with locked_ledger(writers.url):
        writes = [
            writers.write(writers.insert(f"{seconds} s, {n}"), seconds=seconds)
            for n, seconds in enumerate((0.6, 30, 0.6, 30, 0.6))
        ]
        withdrawn = writes[::2]
        assert all(
            isinstance(write.exception(timeout=10), LedgerUnavailable) for write in withdrawn
        )
    assert [write.result() for write in writes[1::2]] == ["30 s, 1", "30 s, 3"]
    assert writers.read_names() == ["30 s, 1", "30 s, 3"]


def test_a_withdrawn_write_and_one_that_fails_harm_no_other_of_their_batch(
    writers: Writers,
) -> None:
    with locked_ledger(writers.url):
        withdrawn = writers.write(writers.insert("withdrawn"), seconds=0.6)
        broken = writers.write(lambda connection: connection.exec_driver_sql("NO SQL"))
        good = [writers.write(writers.insert(f"good {n}")) for n in range(2)]
        assert isinstance(withdrawn.exception(timeout=10), LedgerUnavailable)
    assert isinstance(broken.exception(timeout=10), LedgerUnavailable)
    assert [write.result(timeout=10) for write in good] == ["good 0", "good 1"]
    assert writers.read_names() == ["good 0", "good 1"]


def test_threads_of_two_processes_run_each_work_once(writers: Writers) -> None:
    """Two databases on one file are to each other as two processes are."""
    other = Writers(writers.url)
    writes = [
        each.write(each.insert(f"{n:04d} {name}"))
        for n in range(300)
        for name, each in (("here", writers), ("there", other))
    ]
    names = [write.result() for write in writes]
    assert writers.read_names() == sorted(names)
    other.close()


def test_only_one_transaction_is_open_among_threads_and_processes(writers: Writers) -> None:
    other = Writers(writers.url)
    inside, most = 0, 0

    def work(_connection: Connection) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        threading.Event().wait(0.001)
        inside -= 1

    writes = [each.write(work) for _ in range(50) for each in (writers, other)]
    for write in writes:
        write.result()
    assert most == 1
    other.close()


HOLDING = """
import sys
from handoff.ledger.database import open_database
with open_database(sys.argv[1]).open_migration_transaction():
    print("holds the lock", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def process_that_holds_the_lock(url: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", HOLDING, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"holds the lock\n"
        yield process
        process.kill()


@pytest.mark.processes
def test_a_process_that_dies_releases_the_lock(writers: Writers) -> None:
    with process_that_holds_the_lock(writers.url) as process:
        early = writers.write(writers.insert("early"), seconds=0.1)
        assert isinstance(early.exception(timeout=10), LedgerUnavailable)
        waiting = writers.write(writers.insert("waiting"))
        process.kill()
        assert waiting.result(timeout=10) == "waiting"
    assert writers.read_names() == ["waiting"]


@pytest.mark.processes
def test_a_frozen_process_with_the_lock_holds_up_no_request_beyond_its_deadline(
    impatient_writers: Writers,
) -> None:
    writers = impatient_writers
    with process_that_holds_the_lock(writers.url) as process:
        os.kill(process.pid, signal.SIGSTOP)
        began = time.monotonic()
        writes = [writers.write(writers.insert(f"{n}"), seconds=1) for n in range(_WRITERS)]
        assert all(isinstance(write.exception(), LedgerUnavailable) for write in writes)
        assert 0.9 < time.monotonic() - began < 5
        with pytest.raises(LedgerUnavailable), writers.database.open_migration_transaction():
            pass
    assert writers.write(writers.insert("afterwards")).result() == "afterwards"


def test_a_file_that_another_program_has_locked_holds_up_no_request_beyond_its_deadline(
    impatient_writers: Writers,
) -> None:
    """Another program knows nothing of our lock; all that wait for SQLite's fail at once."""
    writers = impatient_writers
    with closing(sqlite3.connect(writers.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        short = writers.write(writers.insert("short"), seconds=1)
        assert isinstance(short.exception(), LedgerUnavailable)
        assert time.monotonic() - began < 3
        writes = [writers.write(writers.insert(f"{n}")) for n in range(_WRITERS)]
        assert all(isinstance(write.exception(), LedgerUnavailable) for write in writes)
        assert time.monotonic() - began < 6
        other.execute("ROLLBACK")
    assert writers.write(writers.insert("afterwards")).result() == "afterwards"
    assert writers.read_names() == ["afterwards"]


@pytest.mark.processes
def test_a_forked_process_writes_with_a_thread_and_a_lock_of_its_own(writers: Writers) -> None:
    writers.write(writers.insert("parent")).result()
    script = (
        "import os, sys\n"
        "from handoff.ledger.database import open_database\n"
        "database = open_database(sys.argv[1])\n"
        "def insert(name):\n"
        "    database.write(lambda connection: connection.exec_driver_sql(\n"
        "        'INSERT INTO lease VALUES (?, ?, 0)', (name, name)))\n"
        "insert('before the fork')\n"
        "pid = os.fork()\n"
        "insert('child' if pid == 0 else 'parent after the fork')\n"
        "database.close()\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) if pid else 0)\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", script, writers.url]
    assert subprocess.run(command, timeout=60).returncode == 0
    expected = ["before the fork", "child", "parent", "parent after the fork"]
    assert writers.read_names() == expected

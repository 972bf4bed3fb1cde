"""Writers of one process that wait at the same time, in SQLite: one transaction, many outcomes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from handoff.deadline import set_request_deadline
from handoff.ledger import Database, migrate, open_database
from handoff.ledger.statements import RawConnection
from handoff.problems import LedgerUnavailable
from tests.races.ledgers import held

_WRITERS = 8


class Writers:
    """Threads that each write a row, and what the database was asked for it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.database: Database = open_database(url)
        migrate(self.database)
        self.pool = ThreadPoolExecutor(_WRITERS)

    def note(self, name: str) -> Callable[[RawConnection], str]:
        """Return the work of noting a name, once for each time that it is done."""

        def work(connection: RawConnection) -> str:
            connection.driver.execute("INSERT INTO lease VALUES (?, 'somebody', 0)", (name,))
            return name

        return work

    def write(self, work: Any, *, seconds: float = 30) -> Future[Any]:
        """Write in a thread that has so many seconds."""

        def do() -> Any:
            set_request_deadline(seconds)
            return self.database.write_raw(work)

        return self.pool.submit(do)

    def noted(self) -> list[str]:
        """Return the names that are in the ledger."""
        with self.database.reading() as connection:
            return sorted(connection.exec_driver_sql("SELECT key FROM lease").scalars())


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[Writers]:
    writers = Writers(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield writers
    writers.pool.shutdown()
    writers.database.close()


def test_those_that_wait_share_a_transaction_and_each_has_its_own_outcome(
    writers: Writers,
) -> None:
    committed_before: list[list[str]] = []

    def watching(name: str) -> Callable[[RawConnection], str]:
        note = writers.note(name)

        def work(connection: RawConnection) -> str:
            committed_before.append(writers.noted())
            return note(connection)

        return work

    with held(writers.url):
        asked = [writers.write(watching(f"writer {n}")) for n in range(_WRITERS)]
        threading.Event().wait(0.5)  # till all of them wait
    assert [each.result() for each in asked] == [f"writer {n}" for n in range(_WRITERS)]
    assert writers.noted() == [f"writer {n}" for n in range(_WRITERS)]
    assert committed_before == [[]] * _WRITERS


def test_a_work_that_fails_undoes_nobody_elses(writers: Writers) -> None:
    class Refused(Exception):
        pass

    def fails(connection: RawConnection) -> None:
        writers.note("half a work")(connection)
        raise Refused

    with held(writers.url):
        good = [writers.write(writers.note(f"before {n}")) for n in range(3)]
        bad, broken = writers.write(fails), writers.write(lambda raw: raw.driver.execute("NO SQL"))
        good += [writers.write(writers.note(f"after {n}")) for n in range(3)]
        threading.Event().wait(0.5)
    assert isinstance(bad.exception(), Refused)
    assert isinstance(broken.exception(), LedgerUnavailable)
    names = [each.result() for each in good]
    assert writers.noted() == sorted(names)


def test_who_has_no_time_left_goes_without_its_work_and_alone(writers: Writers) -> None:
    with held(writers.url):
        asked = [
            writers.write(writers.note(f"{seconds} s, {n}"), seconds=seconds)
            for n, seconds in enumerate((0.6, 30, 0.6, 30, 0.6))
        ]
        gone = [each for n, each in enumerate(asked) if n % 2 == 0]
        assert all(isinstance(each.exception(timeout=10), LedgerUnavailable) for each in gone)
    assert [each.result() for n, each in enumerate(asked) if n % 2] == ["30 s, 1", "30 s, 3"]
    assert writers.noted() == ["30 s, 1", "30 s, 3"]


def test_threads_of_two_processes_do_each_work_once(writers: Writers) -> None:
    other = Writers(writers.url)
    asked = [
        each.write(each.note(f"{n:04d} {name}"))
        for n in range(300)
        for name, each in (("here", writers), ("there", other))
    ]
    names = [each.result() for each in asked]
    assert writers.noted() == sorted(names)
    other.pool.shutdown()
    other.database.close()

"""Limits by the minute: what is too much, for how long, and when the ledger is away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import delete, select

from handoff.ledger import Database, Tallies, Tally, migrate, open_database
from handoff.ledger.tables import tally
from handoff.limits import Limit, Limits, network_of
from handoff.operations.json_logs import configure_logging
from handoff.problems import LedgerUnavailable
from tests.conftest import BOTH, TurnedClock, new_ledger
from tests.logs import Logged
from tests.postgres import PostgresServer

THREE = Limit("a_thing", 3)
SECRET = "a secret of the tests"


@dataclass
class Counting:
    """Several processes that count in one ledger."""

    database: Database
    clock: TurnedClock

    def process(self) -> Limits:
        """Return the limits of one more process."""
        tallies = Tallies(self.database, self.clock)
        return Limits(tallies, SECRET, elapsed=lambda: self.clock() / 1000)

    def keys(self) -> list[str]:
        """Return what the ledger calls those who are counted."""
        with self.database.reading() as connection:
            return list(connection.execute(select(tally.c.key)).scalars())


@pytest.fixture(params=BOTH)
def counting(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, clock: TurnedClock
) -> Iterator[Counting]:
    database = open_database(new_ledger(request, tmp_path_factory.mktemp("ledger")))
    migrate(database)
    yield Counting(database, clock)
    database.close()


@pytest.fixture
def limits(counting: Counting) -> Limits:
    return counting.process()


def test_what_is_over_the_limit_has_to_wait_for_the_next_minute(
    limits: Limits, clock: TurnedClock
) -> None:
    clock.turn(seconds=60 - clock.now % 60_000 / 1000 + 20)
    assert [limits.count(THREE, "somebody") for _ in range(5)] == [0, 0, 0, 40, 40]
    clock.turn(seconds=39.5)
    assert limits.count(THREE, "somebody") == 1
    clock.turn(seconds=0.5)
    assert [limits.count(THREE, "somebody") for _ in range(4)] == [0, 0, 0, 60]


def test_each_caller_and_each_limit_has_a_count_of_its_own(limits: Limits) -> None:
    for _ in range(4):
        limits.count(THREE, "somebody")
    assert limits.count(THREE, "somebody") > 0
    assert limits.count(THREE, "somebody else") == 0
    assert limits.count(Limit("another_thing", 3), "somebody") == 0


def test_looking_counts_nothing(counting: Counting) -> None:
    limits, another = counting.process(), counting.process()
    for _ in range(10):
        assert limits.used_up(THREE, "somebody") == 0
    for _ in range(3):
        another.count(THREE, "somebody")
    assert limits.used_up(THREE, "somebody") > 0
    assert limits.used_up(THREE, "somebody else") == 0


def test_nothing_a_minute_is_no_limit(counting: Counting) -> None:
    limits, none = counting.process(), Limit("a_thing", 0)
    assert {limits.count(none, "somebody") for _ in range(50)} == {0}
    assert limits.used_up(none, "somebody") == 0
    assert counting.keys() == []


@pytest.mark.parametrize("processes", [1, 3])
def test_threads_of_all_processes_count_together(counting: Counting, processes: int) -> None:
    answers: list[int] = []
    fifty = Limit("a_thing", 50)

    def count(limits: Limits) -> None:
        answers.extend(limits.count(fifty, "somebody") for _ in range(20))

    each = [counting.process() for _ in range(processes)]
    threads = [threading.Thread(target=count, args=(each[n % processes],)) for n in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(0) == 50


def test_a_large_limit_is_told_in_steps_and_holds_to_one_in_a_hundred(
    counting: Counting,
) -> None:
    thousand = Limit("a_thing", 1000)
    each = [counting.process() for _ in range(4)]
    waits = [limits.count(thousand, "somebody") for _ in range(300) for limits in each]
    assert 1000 <= waits.count(0) < 1000 + 4 * thousand.step
    assert thousand.step == 10


def test_what_the_ledger_holds_names_nobody_and_ends(
    counting: Counting, clock: TurnedClock
) -> None:
    counting.process().count(THREE, "192.0.2.7")
    [key] = counting.keys()
    assert "192.0.2.7" not in key
    assert len(key) == 64
    clock.turn(seconds=61)
    counting.process().count(THREE, "192.0.2.8")
    assert len(counting.keys()) == 1
    assert counting.keys() != [key]


def test_another_secret_makes_another_name(counting: Counting) -> None:
    for secret in (SECRET, "another secret of the tests"):
        Limits(Tallies(counting.database, counting.clock), secret).count(THREE, "192.0.2.7")
    assert len(set(counting.keys())) == 2


def test_a_ledger_that_is_away_refuses_nobody_and_is_logged_once(
    postgres: PostgresServer, clock: TurnedClock, logged: Logged
) -> None:
    configure_logging()
    database = open_database(postgres.new_database())
    migrate(database)
    limits = Counting(database, clock).process()
    clock.turn(seconds=60 - clock.now % 60_000 / 1000)
    limits.count(THREE, "somebody")
    with database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE tally RENAME TO gone")
    assert [limits.count(THREE, "somebody") for _ in range(2)] == [0, 0]
    clock.turn(seconds=6)
    # This process still counts for itself.
    assert limits.count(THREE, "somebody") > 0
    assert limits.used_up(THREE, "somebody") > 0
    assert limits.count(THREE, "somebody else") == 0
    assert len(logged.lines("limits_not_shared")) == 1
    with database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO tally")
        connection.execute(delete(tally))
    clock.turn(seconds=6)
    limits.count(THREE, "somebody")
    with database.reading() as connection:
        counts = list(connection.execute(select(tally.c.count)).scalars())
    assert counts == [4]  # with those that could not be told before
    database.close()


class Silent(Tallies):
    """Tallies of a ledger that answers nothing until it is given up on."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.asked = 0
        self.asked_again = threading.Event()
        self.given_up = threading.Event()

    def add(self, key: str, amount: int) -> Tally:
        self.asked += 1
        if self.asked > 1:
            self.asked_again.set()
        assert self.given_up.wait(10)
        raise LedgerUnavailable

    def forget(self) -> int:
        return 0


def test_while_the_ledger_is_silent_one_caller_at_a_time_waits_for_it(counting: Counting) -> None:
    silent = Silent(counting.database)
    limits = Limits(silent, SECRET, elapsed=lambda: counting.clock() / 1000)
    silent.given_up.set()
    limits.count(THREE, "somebody")
    counting.clock.turn(seconds=6)
    silent.given_up.clear()
    looks = threading.Thread(target=limits.count, args=(THREE, "somebody"))
    looks.start()
    assert silent.asked_again.wait(10)
    assert [limits.count(THREE, "somebody else") for _ in range(3)] == [0, 0, 0]
    assert limits.used_up(THREE, "somebody else") > 0
    silent.given_up.set()
    looks.join()
    assert silent.asked == 2


def test_a_flood_of_callers_does_not_fill_the_memory(
    counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handoff.limits.limits._MOST", 50)
    limits = counting.process()
    for number in range(120):
        limits.count(Limit("a_thing", 1000), str(number))
    assert len(limits._windows) <= 50


@pytest.mark.parametrize(
    ("address", "caller"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_line_of_ipv6_is_one_caller(address: str | None, caller: str) -> None:
    assert network_of(address) == caller

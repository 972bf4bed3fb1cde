"""The ledger in PostgreSQL: hosts whose clocks differ, and a server that is not there."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from handoff.deadline import Deadline
from handoff.ledger import (
    Database,
    Handoff,
    HandoffRepository,
    Leases,
    LinkState,
    migrate,
    open_database,
)
from handoff.ledger import database_clock as ledger_clock
from handoff.ledger.database import LedgerConflict
from handoff.ledger.tables import handoff
from handoff.problems import LedgerUnavailable
from tests.ledger.stored_handoffs import NEW_HANDOFF
from tests.postgres import PASSWORD, PostgresServer, running_postgres


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.new_database()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = open_database(url)
    migrate(database)
    yield database
    database.close()


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server for one test, which may do to it what it likes."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def away(own_server: PostgresServer) -> Iterator[Database]:
    """A ledger on that server."""
    database = open_database(own_server.url())
    migrate(database)
    yield database
    database.close()


def issue(database: Database, key: str = "ref:r1", quote: int = 27) -> Handoff:
    with Leases(database, seconds=10).acquire(key, Deadline.after(0)) as held:
        assert held is not None
        draft = replace(NEW_HANDOFF, transfer_key=key, quote_number=quote)
        return HandoffRepository(database, ttl=300, grace=60).issue(held, draft)


def make_older(database: Database, seconds: float, *names: str) -> None:
    """Let moments of all rows lie further back."""
    passed = int(seconds * 1000)
    changes = {name: handoff.c[name] - passed for name in names}
    database.write(lambda connection: connection.execute(update(handoff).values(changes)))


@pytest.fixture(params=[-3, 3], ids=["slow", "fast"])
def skewed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock of this host differ by seconds from that of the database."""
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() + request.param * 1_000_000_000)
    monkeypatch.setattr(time, "time", lambda: real() / 1e9 + request.param)
    assert abs(ledger_clock.read_system_clock() - real() // 1_000_000) > 2_000


@pytest.mark.usefixtures("skewed")
@pytest.mark.parametrize(("left", "lives"), [(2, True), (-2, False)])
def test_the_databases_clock_says_whether_a_link_lives(
    left: float, lives: bool, database: Database
) -> None:
    ledger = HandoffRepository(database, ttl=300, grace=60)
    row = issue(database)
    make_older(database, 300 - left, "expires_at")
    found = ledger.find(row.id)
    assert found is not None
    assert found.state is (LinkState.LIVE if lives else LinkState.EXPIRED)
    assert (ledger.use_link(row.id, ["a"]) is not None) == lives


@pytest.mark.usefixtures("skewed")
@pytest.mark.parametrize(("ago", "may"), [(58, True), (62, False)])
def test_the_databases_clock_says_whether_an_opener_may_come_back(
    ago: float, may: bool, database: Database
) -> None:
    ledger = HandoffRepository(database, ttl=300, grace=60)
    row = issue(database)
    ledger.use_link(row.id, ["a"])
    make_older(database, ago, "session_written_at")
    found = ledger.find(row.id)
    assert found is not None
    assert ledger.can_reopen(found, ["a"]) == may
    assert (ledger.use_link(row.id, ["a"]) is not None) == may


def test_a_claim_is_held_against_a_host_whose_clock_is_ahead(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Leases(database, seconds=10).acquire("k", Deadline.after(0)):
        real = time.time_ns
        monkeypatch.setattr(time, "time_ns", lambda: real() + 4_000_000_000)
        with Leases(database, seconds=10).acquire("k", Deadline.after(0)) as second:
            assert second is None


def test_what_was_undone_by_another_transaction_is_done_again(database: Database) -> None:
    """Two transfers of one quote under two references both want to write its current handoff."""
    with ThreadPoolExecutor(12) as pool:
        keys = [f"ref:{number}" for number in range(48)]
        rows = list(pool.map(lambda key: issue(database, key), keys))
    assert len({row.id for row in rows}) == 48
    with database.open_read_connection() as connection:
        current = select(handoff.c.id).where(handoff.c.superseded_at.is_(None))
        assert len(connection.execute(current).all()) == 1


def test_who_is_in_the_way_for_ever_is_given_up_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handoff.ledger.database.MAX_WAIT", 2.0)
    tried = []

    def work(_connection: object) -> None:
        tried.append(True)
        raise LedgerConflict

    with pytest.raises(LedgerUnavailable):
        database.write(work)
    assert len(tried) > 1


def test_two_that_wait_for_each_other_both_get_there(database: Database) -> None:
    """Each locks one row and then wants the other's; the server breaks one of them off."""
    ids = [issue(database, f"ref:{number}", number).id for number in range(2)]
    both = threading.Barrier(2)

    def work(order: list[str]) -> int:
        met: list[int] = []

        def lock_in_turn(connection: Connection) -> int:
            for each in order:
                touched = update(handoff).where(handoff.c.id == each)
                connection.execute(touched.values(reopen_count=handoff.c.reopen_count + 1))
                if not met:
                    met.append(both.wait(timeout=10))
            return 1

        return database.write(lock_in_turn)

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(work, [ids, ids[::-1]])) == 2
    with database.open_read_connection() as connection:
        assert connection.execute(select(handoff.c.reopen_count)).scalars().all() == [2, 2]


MIGRATING = """
import sys
from handoff.ledger import migrate, open_database
database = open_database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
done = migrate(database)
print(done.before, done.after)
"""


def test_ten_processes_that_start_at_once_make_the_tables_once(url: str) -> None:
    command = [sys.executable, "-c", MIGRATING, url]
    starting = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(10)
    ]
    for each in starting:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in starting:
        assert each.stdin is not None
        each.stdin.write("now\n")
        each.stdin.flush()
    told = sorted(each.communicate(timeout=60)[0].split()[0] for each in starting)
    assert [each.returncode for each in starting] == [0] * 10
    assert told == [*["0005"] * 9, "None"]


def test_durable_writes_wait_for_the_disk_and_others_do_not(database: Database) -> None:
    for durable, wanted in ((True, "on"), (False, "off")):
        value = database.write(
            lambda connection: connection.exec_driver_sql("SHOW synchronous_commit").scalar_one(),
            durable=durable,
        )
        assert value == wanted


def test_a_restart_of_the_server_goes_unseen_between_two_requests(
    own_server: PostgresServer, away: Database
) -> None:
    row = issue(away)
    own_server.stop()
    with pytest.raises(LedgerUnavailable):
        issue(away)
    own_server.start()
    ledger = HandoffRepository(away, ttl=300, grace=60)
    assert ledger.find(row.id) == row
    assert ledger.use_link(row.id, ["a"]) is not None


def test_of_several_hosts_the_one_that_is_there_is_found(postgres: PostgresServer) -> None:
    url, _, name = postgres.new_database().rpartition("/")
    login = url.rpartition("@")[0]
    hosts = f"host=127.0.0.1:9&host=127.0.0.1:{postgres.port}"
    database = open_database(f"{login}@/{name}?{hosts}")
    assert migrate(database).before is None
    database.close()


def test_a_server_that_stands_still_is_unavailable_and_no_wait_for_ever(
    own_server: PostgresServer, away: Database
) -> None:
    ledger = HandoffRepository(away, ttl=300, grace=60)
    row = issue(away)
    with ThreadPoolExecutor(1) as pool, own_server.frozen():
        asked = pool.submit(ledger.find, row.id)
        assert isinstance(asked.exception(timeout=30), LedgerUnavailable)
    assert ledger.find(row.id) == row


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("handoff:", "somebody:"),
        lambda url: url.replace("tests@", "tests2@"),
        lambda url: url.rpartition("/")[0] + "/nowhere",
        lambda url: url.replace("@127.0.0.1:", "@127.0.0.1:1"),
        lambda url: url + "?sslmode=verify-full",
        lambda url: url + "?no_such_option=1",
    ],
)
def test_a_password_is_repeated_by_no_fault(
    change: object, url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert callable(change)
    database = open_database(change(url))
    with pytest.raises(LedgerUnavailable) as raised:
        migrate(database)
    told = "".join((repr(raised.value), raised.value.detail, *capfd.readouterr()))
    assert PASSWORD not in told
    assert "%2Fpassword" not in told
    assert "the/" not in told


def test_without_its_driver_the_address_is_refused_in_words(tmp_path: Path) -> None:
    script = (
        "import importlib.util as u\n"
        "real = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'psycopg' else real(name, *rest)\n"
        "from handoff.settings import SettingsError, load_settings\n"
        "try:\n    load_settings(database_url='postgresql+psycopg://u:p@h/d')\n"
        "except SettingsError as error:\n    print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "HANDOFF_DATABASE_URL: needs psycopg" in told.stdout

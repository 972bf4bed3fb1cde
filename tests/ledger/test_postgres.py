"""The ledger in PostgreSQL: hosts whose clocks differ, conflicts, and a server that is down."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text, update

from handoff.deadline import Deadline
from handoff.ledger.database import (
    NOW,
    Database,
    LedgerConflict,
    open_database,
    read_system_clock,
)
from handoff.ledger.handoff_repository import HandoffRepository
from handoff.ledger.lease_locks import Leases
from handoff.ledger.migrate import get_newest_schema_version, migrate
from handoff.ledger.models import Handoff, LinkState
from handoff.ledger.tables import handoff, lease
from handoff.problems import LedgerUnavailable
from tests.ledger.stored_handoffs import NEW_HANDOFF
from tests.postgres import PASSWORD, PostgresServer, running_postgres

pytestmark = pytest.mark.processes


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
    """A server that one test may stop or freeze."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def stopped_database(own_server: PostgresServer) -> Iterator[Database]:
    """A ledger on `own_server`."""
    database = open_database(own_server.url())
    migrate(database)
    yield database
    database.close()


def issue_handoff(database: Database, key: str = "ref:r1", quote: int = 27) -> Handoff:
    with Leases(database, seconds=10).acquire(key, Deadline.after(0)) as held:
        assert held is not None
        draft = replace(NEW_HANDOFF, transfer_key=key, quote_number=quote)
        return HandoffRepository(database, ttl=300, grace=60).issue_or_renew(held, draft)


def make_older(database: Database, seconds: float, *names: str) -> None:
    """Move times of all rows back."""
    passed = int(seconds * 1000)
    changes = {name: handoff.c[name] - passed for name in names}
    database.write(lambda connection: connection.execute(update(handoff).values(changes)))


@pytest.fixture(params=[-3, 3], ids=["slow", "fast"])
def skewed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the clock of this host differ by three seconds from that of the database."""
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() + request.param * 1_000_000_000)
    monkeypatch.setattr(time, "time", lambda: real() / 1e9 + request.param)
    assert abs(read_system_clock() - real() // 1_000_000) > 2_000


@pytest.mark.usefixtures("skewed")
@pytest.mark.parametrize(("left", "lives"), [(2, True), (-2, False)])
def test_the_clock_of_the_database_decides_whether_a_link_is_live(
    left: float, lives: bool, database: Database
) -> None:
    ledger = HandoffRepository(database, ttl=300, grace=60)
    issued = issue_handoff(database)
    make_older(database, 300 - left, "expires_at")
    found = ledger.find(issued.id)
    assert found is not None
    assert found.state is (LinkState.LIVE if lives else LinkState.EXPIRED)
    assert (ledger.use_link(issued.id, ["a"]) is not None) == lives


@pytest.mark.usefixtures("skewed")
@pytest.mark.parametrize(("ago", "may"), [(58, True), (62, False)])
def test_the_clock_of_the_database_decides_whether_a_web_view_may_reopen_a_link(
    ago: float, may: bool, database: Database
) -> None:
    ledger = HandoffRepository(database, ttl=300, grace=60)
    issued = issue_handoff(database)
    ledger.use_link(issued.id, ["a"])
    make_older(database, ago, "session_written_at")
    found = ledger.find(issued.id)
    assert found is not None
    assert ledger.can_reopen_link(found, ["a"]) == may
    assert (ledger.use_link(issued.id, ["a"]) is not None) == may


def test_a_lease_is_held_against_a_host_whose_clock_is_ahead(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Leases(database, seconds=10).acquire("k", Deadline.after(0)):
        real = time.time_ns
        monkeypatch.setattr(time, "time_ns", lambda: real() + 11_000_000_000)
        with Leases(database, seconds=10).acquire("k", Deadline.after(0)) as second:
            assert second is None


def test_a_statement_that_waited_while_a_lease_was_written_does_not_take_it(
    database: Database,
) -> None:
    """It read the time before the lease began, so the lease ends later than one of its own."""
    leases = Leases(database, seconds=10)

    def acquire_second() -> bool:
        with leases.acquire("k", Deadline.after(0)) as second:
            return second is not None

    def acquire_first(connection: Connection) -> Future[bool]:
        connection.execute(insert(lease).values(key_hash="k", holder="first", expires_at=0))
        waiting = pool.submit(acquire_second)
        while not connection.execute(text("SELECT 1 FROM pg_locks WHERE NOT granted")).all():
            time.sleep(0.01)
        connection.execute(update(lease).values(expires_at=NOW + 10_000))
        return waiting

    with ThreadPoolExecutor(1) as pool:
        assert not database.write(acquire_first).result()


def test_a_transaction_that_was_undone_by_a_conflict_is_repeated(database: Database) -> None:
    """Two transfers of one quote under two references both want to write its current handoff."""
    with ThreadPoolExecutor(12) as pool:
        keys = [f"ref:{number}" for number in range(48)]
        handoffs = list(pool.map(lambda key: issue_handoff(database, key), keys))
    assert len({issued.id for issued in handoffs}) == 48
    with database.open_read_connection() as connection:
        current = select(handoff.c.id).where(handoff.c.superseded_at.is_(None))
        assert len(connection.execute(current).all()) == 1


def test_repeated_conflicts_end_at_the_deadline(
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


def test_both_transactions_of_a_deadlock_succeed(database: Database) -> None:
    """Each locks one issued and then the other's; the server aborts one of them."""
    ids = [issue_handoff(database, f"ref:{number}", number).id for number in range(2)]
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
from handoff.ledger.database import open_database
from handoff.ledger.migrate import migrate
database = open_database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
done = migrate(database)
print(done.before, done.after)
"""


def test_ten_processes_that_start_at_once_create_the_tables_once(url: str) -> None:
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
    output = sorted(each.communicate(timeout=60)[0].split()[0] for each in starting)
    assert [each.returncode for each in starting] == [0] * 10
    assert output == [*[str(get_newest_schema_version())] * 9, "None"]


def test_durable_writes_wait_for_the_disk_and_others_do_not(database: Database) -> None:
    for durable, wanted in ((True, "on"), (False, "off")):
        value = database.write(
            lambda connection: connection.exec_driver_sql("SHOW synchronous_commit").scalar_one(),
            durable=durable,
        )
        assert value == wanted


def test_requests_do_not_notice_a_restart_of_the_server_between_them(
    own_server: PostgresServer, stopped_database: Database
) -> None:
    issued = issue_handoff(stopped_database)
    own_server.stop()
    with pytest.raises(LedgerUnavailable):
        issue_handoff(stopped_database)
    own_server.start()
    ledger = HandoffRepository(stopped_database, ttl=300, grace=60)
    assert ledger.find(issued.id) == issued
    assert ledger.use_link(issued.id, ["a"]) is not None


def test_the_running_one_of_several_hosts_is_found(postgres: PostgresServer) -> None:
    url, _, name = postgres.new_database().rpartition("/")
    login = url.rpartition("@")[0]
    hosts = f"host=127.0.0.1:9&host=127.0.0.1:{postgres.port}"
    database = open_database(f"{login}@/{name}?{hosts}")
    assert migrate(database).before is None
    database.close()


def test_a_request_to_a_frozen_server_ends_with_ledger_unavailable(
    own_server: PostgresServer, stopped_database: Database
) -> None:
    ledger = HandoffRepository(stopped_database, ttl=300, grace=60)
    issued = issue_handoff(stopped_database)
    with ThreadPoolExecutor(1) as pool, own_server.frozen():
        asked = pool.submit(ledger.find, issued.id)
        assert isinstance(asked.exception(timeout=30), LedgerUnavailable)
    assert ledger.find(issued.id) == issued


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
def test_no_error_repeats_the_password(
    change: object, url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert callable(change)
    database = open_database(change(url))
    with pytest.raises(LedgerUnavailable) as raised:
        migrate(database)
    output = "".join((repr(raised.value), raised.value.detail, *capfd.readouterr()))
    assert PASSWORD not in output
    assert "%2Fpassword" not in output
    assert "the/" not in output


def test_the_address_is_refused_with_a_message_if_psycopg_is_missing(tmp_path: Path) -> None:
    script = (
        "import importlib.util as u\n"
        "real = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'psycopg' else real(name, *rest)\n"
        "from handoff.settings import SettingsError, load_settings\n"
        "try:\n    load_settings(database_url='postgresql+psycopg://u:p@h/d')\n"
        "except SettingsError as error:\n    print(error)\n"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "HANDOFF_DATABASE_URL: needs psycopg" in output.stdout


def test_no_statement_reads_a_row_twice_before_the_table_has_statistics(
    url: str, database: Database
) -> None:
    count = 120
    handoffs, leases = HandoffRepository(database, ttl=300, grace=60), Leases(database, seconds=10)
    for number in range(count):
        new = replace(NEW_HANDOFF, transfer_key=f"ref:{number}", quote_number=number)
        with leases.acquire(new.transfer_key, Deadline.after(0)) as lease:
            assert lease is not None
            issued = handoffs.issue_or_renew(lease, new)
        assert handoffs.use_link(issued.id, ["web-view"]) is not None
    database.close()  # a connection that ends reports what it has read

    assert 0 < _count_read_rows(url) < count * count


def _count_read_rows(url: str) -> int:
    """Return how many rows of handoffs statements have read, by an index or without one."""
    statement = text(
        "SELECT sum(idx_tup_read) + (SELECT seq_tup_read FROM pg_stat_user_tables"
        " WHERE relname = 'handoff') FROM pg_stat_user_indexes WHERE relname = 'handoff'"
    )
    database = open_database(url)
    try:
        with database.open_read_connection() as connection:
            return int(connection.execute(statement).scalar_one())
    finally:
        database.close()

"""`handoff migrate`: migrates the tables, and moves a ledger from SQLite to PostgreSQL."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, select

from handoff.ledger import copy_database
from handoff.ledger.database import Database, open_database
from handoff.ledger.handoff_repository import HANDOFF_COLUMNS
from handoff.ledger.migrate import get_newest_schema_version, migrate
from handoff.ledger.models import Handoff
from handoff.ledger.tables import handoff as handoff_table
from handoff.ledger.tables import metadata
from handoff.ledger.webhook_outbox_writer import WebhookOutboxWriter
from tests.cli.conftest import Command
from tests.conftest import FakeClock
from tests.ledger.stored_handoffs import LedgerWithHandoffs
from tests.postgres import PASSWORD, PostgresServer, running_postgres

NEWEST = get_newest_schema_version()


@pytest.fixture
def source(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'handoff.db'}"


@pytest.fixture
def target(postgres: PostgresServer, handoff: Command, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty PostgreSQL database, which is the ledger of the commands."""
    url = postgres.new_database()
    monkeypatch.setenv("HANDOFF_DATABASE_URL", url)
    return url


@pytest.fixture
def ledger(source: str, clock: FakeClock) -> Iterator[LedgerWithHandoffs]:
    """A SQLite ledger of 2,503 handoffs of all kinds."""
    fixture = LedgerWithHandoffs(source, clock)
    fixture.insert(2_500)
    fixture.insert(outcome="differs", resolved_at=1, orders=[{"id": 1}], differences=[{"sku": "Ä"}])
    fixture.insert(reference=None, customer_id=None, customer_group_id=None, web_view_hash=None)
    fixture.insert(
        bag={"currency": "GBP", "lines": [{"sku": 'nul \x00 "£" \ud83d', "quantity": 1}]}
    )
    add_event(fixture.database, WebhookOutboxWriter.add_opened_event)
    yield fixture
    fixture.database.close()


def add_event(
    database: Database, add: Callable[[WebhookOutboxWriter, Connection, Handoff], None]
) -> None:
    """Write an event of some handoff into the outbox of the webhooks."""
    with database.open_read_connection() as connection:
        row = connection.execute(select(*HANDOFF_COLUMNS).limit(1), {"now": 1}).one()
    outbox = WebhookOutboxWriter(["a receiver"])
    database.write(lambda connection: add(outbox, connection, Handoff(**row._mapping)))


def read_rows(url: str) -> list[dict[str, Any]]:
    """Return all rows of all tables, in an order that every database agrees on."""
    with closing(open_database(url)) as database, database.open_read_connection() as connection:
        found = [
            {"table": table.name, **row}
            for table in metadata.sorted_tables
            for row in connection.execute(select(table)).mappings()
        ]
    return sorted(found, key=lambda row: (str(row["table"]), str(row.get("id"))))


def has_ledger(url: str) -> bool:
    with closing(open_database(url)) as database:
        return database.has_tables()


@pytest.mark.processes
def test_the_output_names_the_version(target: str, handoff: Command) -> None:
    created = handoff("migrate")
    assert (created.exit_code, created.stdout) == (
        0,
        f"The ledger's tables were created: version {NEWEST}.\n",
    )
    again = handoff("migrate")
    assert (again.exit_code, again.stdout) == (0, f"The ledger is up to date: version {NEWEST}.\n")


def test_an_older_ledger_is_migrated(
    source: str, handoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = command.upgrade
    with monkeypatch.context() as patch, closing(open_database(source)) as database:
        patch.setattr(command, "upgrade", lambda config, _head: upgrade(config, "0001"))
        migrate(database)
    result = handoff("migrate")
    assert result.stdout == f"The ledger was migrated from version 0001 to {NEWEST}.\n"


@pytest.mark.processes
def test_every_row_is_copied_unchanged(
    ledger: LedgerWithHandoffs, source: str, target: str, handoff: Command
) -> None:
    before = read_rows(source)
    result = handoff("migrate", "--from", source)
    assert result.exit_code == 0, result.output
    assert "2,503 handoffs moved." in result.stdout
    assert read_rows(target) == before == read_rows(source)
    with closing(open_database(target)) as database:
        add_event(database, WebhookOutboxWriter.add_expired_event)  # the numbers of events go on
    assert len(read_rows(target)) == len(before) + 1


@pytest.mark.processes
def test_a_target_that_holds_handoffs_is_refused(
    ledger: LedgerWithHandoffs, source: str, target: str, clock: FakeClock, handoff: Command
) -> None:
    other = LedgerWithHandoffs(target, clock)
    other.insert()
    other.database.close()
    before = read_rows(target)
    result = handoff("migrate", "--from", source)
    assert result.exit_code == 2
    assert "Handoffs in it: 1." in result.stderr
    assert read_rows(target) == before


@pytest.mark.processes
def test_ctrl_c_undoes_the_copy_and_it_can_be_repeated(
    ledger: LedgerWithHandoffs,
    source: str,
    target: str,
    handoff: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy = copy_database._replace_rows

    def interrupt(*arguments: Any) -> Iterator[int]:
        for count in copy(*arguments):
            yield count
            if arguments[0] is handoff_table:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(copy_database, "_replace_rows", interrupt)
        result = handoff("migrate", "--from", source)
    assert result.exit_code == 130
    assert not has_ledger(target)
    assert handoff("migrate", "--from", source).exit_code == 0


COPY_SCRIPT = """
import sys
from handoff.ledger.database import open_database
from handoff.ledger.copy_database import copy_ledger
moving = copy_ledger(open_database(sys.argv[1]), open_database(sys.argv[2]))
print(next(moving), next(moving), flush=True)
sys.stdin.readline()
list(moving)
"""


@contextmanager
def copy_half_of_ledger(source: str, target: str) -> Iterator[subprocess.Popen[str]]:
    """Copy half of a ledger in a process that then waits for a line on its standard input."""
    with subprocess.Popen(
        [sys.executable, "-c", COPY_SCRIPT, source, target],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as moving:
        assert moving.stdout is not None
        assert moving.stdout.readline() == "1000 2000\n"
        yield moving


@pytest.mark.processes
def test_a_copy_that_is_killed_half_way_leaves_nothing_and_can_be_repeated(
    ledger: LedgerWithHandoffs, source: str, target: str, handoff: Command
) -> None:
    before = read_rows(source)
    with copy_half_of_ledger(source, target) as moving:
        moving.kill()
    assert not has_ledger(target)
    result = handoff("migrate", "--from", source)
    assert result.exit_code == 0, result.output
    assert read_rows(target) == before == read_rows(source)


@pytest.mark.processes
def test_a_server_that_is_killed_half_way_holds_nothing_afterwards(
    ledger: LedgerWithHandoffs, source: str, handoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_rows(source)
    with running_postgres() as server:
        monkeypatch.setenv("HANDOFF_DATABASE_URL", server.url())
        with copy_half_of_ledger(source, server.url()) as moving:
            server.kill()
            moving.communicate("go on\n", timeout=30)
        assert moving.returncode != 0
        server.start()
        assert not has_ledger(server.url())
        assert handoff("migrate", "--from", source).exit_code == 0
        assert read_rows(server.url()) == before == read_rows(source)


@pytest.mark.processes
def test_missing_rows_undo_the_copy(
    ledger: LedgerWithHandoffs,
    source: str,
    target: str,
    handoff: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy = copy_database._replace_rows
    monkeypatch.setattr(
        copy_database,
        "_replace_rows",
        lambda *arguments: (
            list(copy(*arguments))
            and arguments[2].execute(
                handoff_table.delete().where(handoff_table.c.reference.is_(None))
            )
            and []
        ),
    )
    result = handoff("migrate", "--from", source)
    assert result.exit_code == 2
    assert "Not every row has arrived. Nothing was moved." in result.stderr
    assert not has_ledger(target)


@pytest.mark.processes
def test_the_source_cannot_be_written_during_the_copy(
    ledger: LedgerWithHandoffs, source: str, target: str
) -> None:
    def databases() -> tuple[Database, Database]:
        return open_database(source), open_database(target)

    there, here = databases()
    with closing(there), closing(here):
        moving = copy_database.copy_ledger(there, here)
        next(moving)
        path = source.removeprefix("sqlite:///")
        with (
            closing(sqlite3.connect(path, timeout=0.1)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("DELETE FROM handoff")
        assert sum(1 for _ in moving) > 0


@pytest.mark.processes
@pytest.mark.usefixtures("handoff")  # it sets the environment
def test_a_full_disk_for_the_output_is_no_fault_of_the_ledger() -> None:
    arguments = [sys.executable, "-m", "handoff.cli", "migrate"]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            arguments, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (ended.returncode, ended.stderr) == (2, "No space left on device.\n")


@pytest.mark.processes
@pytest.mark.parametrize(
    "wrong", ["sqlite:///no/such/file.db", "handoff.db", "mysql://u@h/d", "sqlite:///" + 256 * "a"]
)
def test_an_invalid_source_is_refused(wrong: str, target: str, handoff: Command) -> None:
    result = handoff("migrate", "--from", wrong)
    assert result.exit_code == 2
    assert "--from" in result.stderr
    assert not has_ledger(target)


def test_a_target_that_is_not_postgresql_is_refused(
    ledger: LedgerWithHandoffs, source: str, handoff: Command
) -> None:
    result = handoff("migrate", "--from", source)
    assert result.exit_code == 2
    assert "has to be a PostgreSQL" in result.stderr


def test_a_server_that_is_down_is_reported_without_the_password(
    ledger: LedgerWithHandoffs, source: str, handoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "HANDOFF_DATABASE_URL",
        "postgresql+psycopg://handoff:the%2Fpassword%40of%20the%20tests@127.0.0.1:9/handoff",
    )
    for arguments in (["migrate"], ["migrate", "--from", source], ["purge", "--older-than", "1d"]):
        result = handoff(*arguments)
        assert result.exit_code == 2
        assert "cannot reach its ledger" in result.stderr
        for secret in (PASSWORD, "%2Fpassword"):
            assert secret not in result.output

"""`handoff migrate`: tables brought up to date, and a ledger moved from SQLite to PostgreSQL."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select

from handoff.ledger import Database, migrate, open_database
from handoff.ledger import copy_database as moving_module
from handoff.ledger.tables import handoff as table
from handoff.ledger.tables import metadata
from tests.cli.conftest import Command
from tests.conftest import TurnedClock
from tests.ledger.stored_handoffs import LedgerWithHandoffs
from tests.postgres import PASSWORD, PostgresServer, running_postgres


@pytest.fixture
def source(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'handoff.db'}"


@pytest.fixture
def target(postgres: PostgresServer, handoff: Command, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty PostgreSQL, which the commands are told to use."""
    url = postgres.new_database()
    monkeypatch.setenv("HANDOFF_DATABASE_URL", url)
    return url


@pytest.fixture
def old(source: str, clock: TurnedClock) -> Iterator[LedgerWithHandoffs]:
    """A SQLite ledger of 2,503 handoffs of all kinds."""
    fixture = LedgerWithHandoffs(source, clock)
    fixture.insert(2_500)
    fixture.insert(outcome="differs", resolved_at=1, orders=[{"id": 1}], differences=[{"sku": "Ä"}])
    fixture.insert(reference=None, customer_id=None, customer_group_id=None, web_view_hash=None)
    fixture.insert(
        bag={"currency": "GBP", "lines": [{"sku": 'nul \x00 "£" \ud83d', "quantity": 1}]}
    )
    yield fixture
    fixture.database.close()


def rows_of(url: str) -> list[dict[str, Any]]:
    """Return all rows of all tables, in an order that every database agrees on."""
    with closing(open_database(url)) as database, database.reading() as connection:
        found = [
            {"table": each.name, **row}
            for each in metadata.sorted_tables
            for row in connection.execute(select(each)).mappings()
        ]
    return sorted(found, key=lambda row: (str(row["table"]), str(row.get("id"))))


def exists(url: str) -> bool:
    with closing(open_database(url)) as database:
        return database.exists()


def test_it_says_what_it_did(target: str, handoff: Command) -> None:
    made = handoff("migrate")
    assert (made.exit_code, made.stdout) == (0, "The ledger's tables were made: version 0005.\n")
    again = handoff("migrate")
    assert (again.exit_code, again.stdout) == (0, "The ledger is up to date: version 0005.\n")


def test_a_ledger_of_the_version_before_is_brought_up_to_date(
    source: str, handoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = command.upgrade
    with monkeypatch.context() as patch, closing(open_database(source)) as database:
        patch.setattr(command, "upgrade", lambda config, _head: upgrade(config, "0001"))
        migrate(database)
    told = handoff("migrate")
    assert told.stdout == "The ledger was brought from version 0001 to 0005.\n"


def test_every_row_arrives_as_it_was(
    old: LedgerWithHandoffs, source: str, target: str, handoff: Command
) -> None:
    before = rows_of(source)
    told = handoff("migrate", "--from", source)
    assert told.exit_code == 0, told.output
    assert "2,503 handoffs moved." in told.stdout
    assert rows_of(target) == before == rows_of(source)


def test_a_ledger_that_holds_handoffs_is_no_target(
    old: LedgerWithHandoffs, source: str, target: str, clock: TurnedClock, handoff: Command
) -> None:
    there = LedgerWithHandoffs(target, clock)
    there.insert()
    there.database.close()
    before = rows_of(target)
    told = handoff("migrate", "--from", source)
    assert told.exit_code == 2
    assert "holds 1 handoffs already" in told.stderr
    assert rows_of(target) == before


def test_ctrl_c_undoes_it_and_it_can_be_done_anew(
    old: LedgerWithHandoffs,
    source: str,
    target: str,
    handoff: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy = moving_module._copy

    def interrupted(*of: Any) -> Iterator[int]:
        for count in copy(*of):
            yield count
            if of[0] is table:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(moving_module, "_copy", interrupted)
        told = handoff("migrate", "--from", source)
    assert told.exit_code == 130
    assert not exists(target)
    assert handoff("migrate", "--from", source).exit_code == 0


MOVING = """
import sys
from handoff.ledger import open_database
from handoff.ledger.copy_database import copy_ledger
moving = copy_ledger(open_database(sys.argv[1]), open_database(sys.argv[2]))
print(next(moving), next(moving), flush=True)
sys.stdin.readline()
list(moving)
"""


@contextmanager
def half_way(source: str, target: str) -> Iterator[subprocess.Popen[str]]:
    """Let another process move a ledger, and stop in the middle until it is told to go on."""
    with subprocess.Popen(
        [sys.executable, "-c", MOVING, source, target],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as moving:
        assert moving.stdout is not None
        assert moving.stdout.readline() == "1000 2000\n"
        yield moving


def test_a_move_that_is_killed_half_way_has_moved_nothing_and_can_be_done_anew(
    old: LedgerWithHandoffs, source: str, target: str, handoff: Command
) -> None:
    before = rows_of(source)
    with half_way(source, target) as moving:
        moving.kill()
    assert not exists(target)
    told = handoff("migrate", "--from", source)
    assert told.exit_code == 0, told.output
    assert rows_of(target) == before == rows_of(source)


def test_a_server_that_is_killed_half_way_holds_nothing_afterwards(
    old: LedgerWithHandoffs, source: str, handoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows_of(source)
    with running_postgres() as server:
        monkeypatch.setenv("HANDOFF_DATABASE_URL", server.url())
        with half_way(source, server.url()) as moving:
            server.kill()
            moving.communicate("go on\n", timeout=30)
        assert moving.returncode != 0
        server.start()
        assert not exists(server.url())
        assert handoff("migrate", "--from", source).exit_code == 0
        assert rows_of(server.url()) == before == rows_of(source)


def test_rows_that_are_missing_in_the_end_undo_it(
    old: LedgerWithHandoffs,
    source: str,
    target: str,
    handoff: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy = moving_module._copy
    monkeypatch.setattr(
        moving_module,
        "_copy",
        lambda *of: (
            list(copy(*of))
            and of[2].execute(table.delete().where(table.c.reference.is_(None)))
            and []
        ),
    )
    told = handoff("migrate", "--from", source)
    assert told.exit_code == 2
    assert "Not every row has arrived. Nothing was moved." in told.stderr
    assert not exists(target)


def test_nobody_writes_to_the_source_meanwhile(
    old: LedgerWithHandoffs, source: str, target: str
) -> None:
    def databases() -> tuple[Database, Database]:
        return open_database(source), open_database(target)

    there, here = databases()
    with closing(there), closing(here):
        moving = moving_module.copy_ledger(there, here)
        next(moving)
        path = source.removeprefix("sqlite:///")
        with (
            closing(sqlite3.connect(path, timeout=0.1)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("DELETE FROM handoff")
        assert sum(1 for _ in moving) > 0


@pytest.mark.parametrize("wrong", ["sqlite:///no/such/file.db", "handoff.db", "mysql://u@h/d"])
def test_a_source_that_is_none_is_refused(wrong: str, target: str, handoff: Command) -> None:
    told = handoff("migrate", "--from", wrong)
    assert told.exit_code == 2
    assert "--from" in told.stderr
    assert not exists(target)


def test_a_ledger_is_moved_to_postgresql_alone(
    old: LedgerWithHandoffs, source: str, handoff: Command
) -> None:
    told = handoff("migrate", "--from", source)
    assert told.exit_code == 2
    assert "has to be a PostgreSQL" in told.stderr


def test_a_server_that_is_away_is_told_in_words_and_without_the_password(
    old: LedgerWithHandoffs, source: str, handoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "HANDOFF_DATABASE_URL",
        "postgresql+psycopg://handoff:the%2Fpassword%40of%20the%20tests@127.0.0.1:9/handoff",
    )
    for arguments in (["migrate"], ["migrate", "--from", source], ["purge", "--older-than", "1d"]):
        told = handoff(*arguments)
        assert told.exit_code == 2
        assert "cannot reach its ledger" in told.stderr
        for secret in (PASSWORD, "%2Fpassword"):
            assert secret not in told.output

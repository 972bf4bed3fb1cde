"""Every command ends with a message and exit code 2 if it cannot use the ledger."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.migrated_ledgers import create_ledger_in
from tests.postgres import PASSWORD, PostgresServer

COMMANDS = (
    ("serve",),
    ("migrate",),
    ("reconcile",),
    ("find", "r"),
    ("purge", "--older-than", "90d"),
)


def make_ledger(path: Path, *statements: str) -> None:
    create_ledger_in(path.parent)
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def make_newer_ledger(path: Path) -> None:
    make_ledger(path, "UPDATE alembic_version SET version_num = '9999'")


def make_ledger_with_two_versions(path: Path) -> None:
    make_ledger(path, "INSERT INTO alembic_version VALUES ('of-another-program')")


def make_ledger_without_a_table(path: Path) -> None:
    make_ledger(path, "DROP TABLE refused_transfer")


def make_ledger_without_a_column(path: Path) -> None:
    make_ledger(path, "ALTER TABLE handoff DROP COLUMN completed_page")


def make_ledger_with_a_number_as_version(path: Path) -> None:
    make_ledger(
        path, "DROP TABLE alembic_version", "CREATE VIEW alembic_version AS SELECT 1 AS version_num"
    )


def make_garbage(path: Path) -> None:
    path.write_bytes(os.urandom(20_000))


def make_half_a_ledger(path: Path) -> None:
    make_ledger(path)
    os.truncate(path, path.stat().st_size // 2)


def make_database_of_another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE handoff (x)")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("make_file", "reason"),
    [
        (make_newer_ledger, "version 9999, and this program knows versions up to"),
        (make_ledger_with_two_versions, "of-another-program"),
        (make_ledger_without_a_table, "refused_transfer.transfer_key"),
        (make_ledger_without_a_column, "these columns are missing: handoff.completed_page"),
        (make_ledger_with_a_number_as_version, "version 1, and this program knows versions up to"),
        (make_garbage, "file is not a database"),
        (make_half_a_ledger, "malformed"),
        (make_database_of_another_program, "table handoff already exists"),
    ],
)
def test_a_file_that_is_no_ledger_of_this_version_is_named(
    handoff: Command,
    tmp_path: Path,
    command: tuple[str, ...],
    make_file: Callable[[Path], None],
    reason: str,
) -> None:
    make_file(tmp_path / "handoff.db")
    result = handoff(*command)
    assert result.exit_code == 2
    assert "HANDOFF_DATABASE_URL: " in result.stderr
    assert reason in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.processes
@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_server_database_has_to_be_utf8(
    handoff: Command,
    postgres: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    encoding: str,
) -> None:
    monkeypatch.setenv("HANDOFF_DATABASE_URL", postgres.new_database(encoding=encoding))
    for command in COMMANDS:
        result = handoff(*command)
        assert result.exit_code == 2
        assert f"the database has the encoding {encoding} and needs UTF8" in result.stderr
        assert PASSWORD not in result.stderr


@pytest.mark.processes
def test_the_file_to_move_is_named_if_it_is_no_ledger(
    handoff: Command, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HANDOFF_DATABASE_URL", postgres.new_database())
    make_newer_ledger(tmp_path / "handoff.db")
    result = handoff("migrate", "--from", f"sqlite:///{tmp_path / 'handoff.db'}")
    assert result.exit_code == 2
    assert (
        "--from: The service cannot reach its ledger: its tables have version 9999" in result.stderr
    )

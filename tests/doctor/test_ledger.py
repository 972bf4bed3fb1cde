"""The ledger, looked at without a write."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from handoff.deadline import Deadline
from handoff.doctor import Case, Finding, Reading
from handoff.doctor.traces import Traces
from handoff.doctor.way_in import ledger
from handoff.ledger import migrate, open_database
from handoff.settings import load_settings
from tests.doctor.conftest import settings_of
from tests.postgres import PASSWORD, PostgresServer


def looked_at(path: Path) -> dict[str, Finding]:
    """Look at a ledger in a file alone."""
    return looked_at_address(f"sqlite:///{path}", path.parent)


def looked_at_address(address: str, folder: Path) -> dict[str, Finding]:
    """Look at a ledger alone."""
    values = settings_of("http://127.0.0.1:9", folder / "sessions")
    values["database_url"] = address
    case = Case(Reading(load_settings(**values)), until=Deadline.after(5), traces=Traces())
    return {found.name: found for found in ledger.ledger_is_good(case)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "handoff.db"
    with closing(open_database(f"sqlite:///{file}")) as database:
        migrate(database)
    return file


def test_a_good_one_is_good(path: Path) -> None:
    assert looked_at(path)["Ledger"].verdict == "ok"


def test_one_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    found = looked_at(tmp_path / "none" / "handoff.db")["Ledger"]
    assert found.verdict == "ok"
    assert "none yet" in found.seen
    assert list(tmp_path.iterdir()) == []


def test_tables_of_another_version_are_told(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    found = looked_at(path)["Ledger"]
    assert found.verdict == "warning"
    assert "version 0000" in found.seen


def test_another_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "handoff.db"
    path.write_text("not a database, but long enough to be looked into by whoever opens it")
    assert looked_at(path)["Ledger"].verdict == "fault"


def test_a_ledger_without_wal_is_told(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    found = looked_at(path)["Ledger"]
    assert found.verdict == "fault"
    assert "WAL" in found.seen


@pytest.mark.parametrize(
    ("kind", "verdict"), [("nfs4", "fault"), ("cifs", "fault"), ("tmpfs", "warning"), ("xfs", "ok")]
)
def test_the_disk_is_told(
    path: Path, kind: str, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = path.parent / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nelsewhere {path.parent} {kind} rw 0 0\n")
    monkeypatch.setattr(ledger, "_MOUNTS", mounts)
    assert looked_at(path)["Ledger's disk"].verdict == verdict


def test_a_server_is_looked_at_without_making_tables(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    address = postgres.new_database()
    for _ in range(2):
        found = looked_at_address(address, tmp_path)["Ledger"]
        assert (found.verdict, "makes its tables" in found.seen) == ("ok", True)
    with closing(open_database(address)) as database:
        migrate(database)
        assert "up to date" in looked_at_address(address, tmp_path)["Ledger"].seen
        with database.writing() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    assert "version 0000" in looked_at_address(address, tmp_path)["Ledger"].seen


def test_a_server_that_lets_nobody_in_is_a_fault_and_its_password_is_kept(
    postgres: PostgresServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found = looked_at_address(postgres.url("nowhere"), tmp_path)["Ledger"]
    assert found.verdict == "fault"
    told = "".join((found.seen, found.advice, *capfd.readouterr()))
    assert PASSWORD not in told
    assert "%2Fpassword" not in told

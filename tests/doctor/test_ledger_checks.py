"""The checks of the ledger, which write nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from handoff.doctor.check_result import CheckResult
from handoff.doctor.checks import ledger
from handoff.ledger.database import open_database
from handoff.ledger.migrate import migrate
from tests.doctor.conftest import create_context, create_good_settings, run_checks_named
from tests.postgres import PASSWORD, PostgresServer

LEDGER_CHECKS = ("Ledger", "Ledger's disk")


def check_file(path: Path) -> dict[str, CheckResult]:
    """Return the results for a ledger in a file, by name."""
    return check_url(f"sqlite:///{path}", path.parent)


def check_url(url: str, folder: Path) -> dict[str, CheckResult]:
    """Return the results for a ledger at a URL, by name."""
    settings = create_good_settings("http://127.0.0.1:9", folder / "sessions") | {
        "database_url": url
    }
    return run_checks_named(LEDGER_CHECKS, create_context(settings, seconds=5))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "handoff.db"
    with closing(open_database(f"sqlite:///{file}")) as database:
        migrate(database)
    return file


def test_a_current_ledger_is_ok(path: Path) -> None:
    assert check_file(path)["Ledger"].severity == "ok"


def test_a_missing_ledger_is_ok_and_is_not_created(tmp_path: Path) -> None:
    found = check_file(tmp_path / "none" / "handoff.db")["Ledger"]
    assert found.severity == "ok"
    assert "does not exist yet" in found.seen
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("version", "verdict"), [("0001", "warning"), ("9999", "fault")])
def test_tables_of_an_older_version_are_a_warning_and_of_a_newer_one_a_fault(
    path: Path, version: str, verdict: str
) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    found = check_file(path)["Ledger"]
    assert found.severity == verdict
    assert f"version {version}" in found.seen


def test_another_file_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "handoff.db"
    path.write_text("not a database, but long enough to be looked into by whoever opens it")
    assert check_file(path)["Ledger"].severity == "fault"


def test_a_ledger_without_wal_is_a_fault(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    found = check_file(path)["Ledger"]
    assert found.severity == "fault"
    assert "WAL" in found.seen


@pytest.mark.parametrize(
    ("kind", "verdict"), [("nfs4", "fault"), ("cifs", "fault"), ("tmpfs", "warning"), ("xfs", "ok")]
)
def test_the_file_system_is_checked(
    path: Path, kind: str, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = path.parent / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nelsewhere {path.parent} {kind} rw 0 0\n")
    monkeypatch.setattr(ledger, "_MOUNTS", mounts)
    assert check_file(path)["Ledger's disk"].severity == verdict


@pytest.mark.processes
def test_checking_a_server_creates_no_tables(postgres: PostgresServer, tmp_path: Path) -> None:
    address = postgres.new_database()
    for _ in range(2):
        found = check_url(address, tmp_path)["Ledger"]
        assert (found.severity, "creates its tables" in found.seen) == ("ok", True)
    with closing(open_database(address)) as database:
        migrate(database)
        assert "up to date" in check_url(address, tmp_path)["Ledger"].seen
        with database.open_migration_transaction() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    assert "version 0000" in check_url(address, tmp_path)["Ledger"].seen


@pytest.mark.processes
def test_a_server_that_refuses_the_login_is_a_fault_and_its_password_is_not_shown(
    postgres: PostgresServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found = check_url(postgres.url("nowhere"), tmp_path)["Ledger"]
    assert found.severity == "fault"
    output = "".join((found.seen, found.advice, *capfd.readouterr()))
    assert PASSWORD not in output
    assert "%2Fpassword" not in output

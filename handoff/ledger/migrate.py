"""Migrations: bring the tables of a ledger to the newest version."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, String, column, inspect, select, table

from handoff.ledger.database import Database, log_and_build_unavailable_error
from handoff.ledger.tables import metadata

_alembic_version = table("alembic_version", column("version_num", String))


@dataclass(frozen=True, slots=True)
class MigrationResult:
    """The versions of the tables before and after; None means that there are no tables."""

    before: str | None
    after: str | None


def migrate(database: Database) -> MigrationResult:
    """Apply the missing migrations in one transaction.

    Any number of processes and hosts may call this at once: one of them migrates. Raises
    LedgerUnavailable if a newer program has made the tables, or if tables or columns are missing.
    """
    with database.open_migration_transaction() as connection:
        return migrate_on_connection(connection)


def migrate_on_connection(connection: Connection) -> MigrationResult:
    """Apply the missing migrations in a transaction from `open_migration_transaction`."""
    before = _read_version(connection)
    newest = get_newest_schema_version()
    if before not in (None, newest) and not is_known_version(before):
        raise log_and_build_unavailable_error(describe_unknown_version(before))
    if before != newest:
        _upgrade(connection)
    after = _read_version(connection)
    if after == newest:
        _require_all_columns(connection)
    return MigrationResult(before, after)


def _upgrade(connection: Connection) -> None:
    from alembic import command  # takes long to import, and is seldom needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "handoff.ledger:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def require_all_columns(database: Database) -> None:
    """Raise LedgerUnavailable if tables or columns of the newest version are missing."""
    with database.open_read_connection() as connection:
        _require_all_columns(connection)


def read_schema_version(database: Database) -> str | None:
    """Return the version of the tables, or None if there are none; changes nothing."""
    with database.open_read_connection() as connection:
        return _read_version(connection)


def get_newest_schema_version() -> str:
    """Return the version that `migrate` brings the tables to."""
    return _list_versions()[-1]


def is_known_version(version: str) -> bool:
    """Return whether a version of the tables is one of this program."""
    return version in _list_versions()


@cache
def _list_versions() -> list[str]:
    """Return all versions of the tables, each of which is the number of a migration's file."""
    files = (Path(__file__).parent / "migrations" / "versions").glob("[0-9]*.py")
    return sorted(file.name.partition("_")[0] for file in files)


def describe_unknown_version(version: str) -> str:
    """Return a text that says why a ledger of an unknown version cannot be used, and what to do."""
    return (
        f"its tables have version {version}, and this program knows versions up to "
        f"{get_newest_schema_version()}. Install the newer program, or restore a backup"
    )


def _require_all_columns(connection: Connection) -> None:
    found = {
        (table, column["name"])
        for (_, table), columns in inspect(connection).get_multi_columns().items()
        for column in columns
    }
    wanted = [(name, c.name) for name, table in metadata.tables.items() for c in table.columns]
    missing = [f"{table}.{column}" for table, column in wanted if (table, column) not in found]
    if missing:
        listed = ", ".join(missing[:5])
        raise log_and_build_unavailable_error(
            f"its version is {_read_version(connection)}, but these columns are missing: {listed}. "
            "Restore a backup"
        )


def _read_version(connection: Connection) -> str | None:
    # Another program's table may hold several rows. Together they are a version that is not known.
    # A garbage table may hold values that are no texts.
    if not inspect(connection).has_table(_alembic_version.name):
        return None
    heads = map(str, connection.scalars(select(_alembic_version.c.version_num)))
    return ", ".join(sorted(heads)) or None

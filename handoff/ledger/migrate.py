"""Bringing a ledger's tables up to date."""

from __future__ import annotations

from dataclasses import dataclass

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from handoff.ledger.database import Database


@dataclass(frozen=True, slots=True)
class MigrationResult:
    """Which version of the tables there was, None for no tables, and which there is."""

    before: str | None
    after: str | None


def migrate(database: Database) -> MigrationResult:
    """Apply the migrations that are missing, all in one transaction.

    Safe to call at once from any number of processes and hosts: one of them does it.
    """
    with database.migrating() as connection:
        return migrate_on_connection(connection)


def migrate_on_connection(connection: Connection) -> MigrationResult:
    """Apply the migrations that are missing within a transaction that `migrating` has opened."""
    config = _config()
    config.attributes["connection"] = connection
    before = _version(connection)
    command.upgrade(config, "head")
    return MigrationResult(before, _version(connection))


def read_schema_version(database: Database) -> str | None:
    """Return which version the tables are of, or None where there are none; changes nothing."""
    with database.reading() as connection:
        return _version(connection)


def newest_schema_version() -> str | None:
    """Return the version that `migrate` brings the tables to."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "handoff.ledger:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()

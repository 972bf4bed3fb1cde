"""Bringing a ledger's tables up to date."""

from __future__ import annotations

from alembic import command
from alembic.config import Config

from handoff.ledger.database import Database


def migrate(database: Database) -> None:
    """Apply the migrations that are missing, all in one transaction; safe to call at once twice."""
    config = Config()
    config.set_main_option("script_location", "handoff.ledger:migrations")
    config.set_main_option("path_separator", "os")
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

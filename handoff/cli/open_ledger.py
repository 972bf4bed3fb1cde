"""Opens the ledger for a command, or ends the command with exit code 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from handoff.cli.command_exit import exit_with_setting_faults
from handoff.ledger.database import Database, open_database
from handoff.ledger.migrate import migrate
from handoff.problems import LedgerUnavailable
from handoff.settings import Settings

_SETTING = "HANDOFF_DATABASE_URL"


def open_ledger(settings: Settings) -> Database:
    """Open the ledger and migrate its tables, or exit with code 2. It may create a SQLite file."""
    with exit_on_ledger_error():
        database = open_database(settings.database_url.get_secret_value())
        migrate(database)
    return database


def open_existing_ledger(settings: Settings) -> Database:
    """Open and migrate an existing ledger, or exit with code 2; never create an empty one."""
    url = settings.database_url.get_secret_value()
    with exit_on_ledger_error():
        database = open_database(url)
        if not database.has_tables():
            exit_with_setting_faults([f"{_SETTING}: there is no ledger {_describe_location(url)}."])
        migrate(database)
    return database


@contextmanager
def exit_on_ledger_error(name: str = _SETTING) -> Iterator[None]:
    """Exit with code 2 and a message if the ledger that `name` names cannot be opened here."""
    try:
        yield
    except OSError as error:
        exit_with_setting_faults([f"{name}: {error.strerror or type(error).__name__}."])
    except LedgerUnavailable as error:
        exit_with_setting_faults([f"{name}: {error.title.rstrip('.')}: {error.reason}."])


def _describe_location(url: str) -> str:
    """Return the path or the name of a database; its URL holds a password."""
    name = make_url(url).database or ""
    return f"at {Path(name).absolute()}" if url.startswith("sqlite:") else f"in the database {name}"

"""The ledger as commands open it: brought up to date, or refused in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from handoff.cli.environment import refuse
from handoff.ledger import Database, migrate, open_database
from handoff.problems import LedgerUnavailable
from handoff.settings import Settings

_NAME = "HANDOFF_DATABASE_URL"


def open_ledger(settings: Settings) -> Database:
    """Open the ledger and bring its tables up to date, or end with exit code 2."""
    with refused_in_words():
        database = open_database(settings.database_url.get_secret_value())
        migrate(database)
    return database


def open_existing_ledger(settings: Settings) -> Database:
    """Open the ledger that a service has made, or end with exit code 2; makes no empty one."""
    address = settings.database_url.get_secret_value()
    with refused_in_words():
        database = open_database(address)
        if not database.exists():
            refuse([f"{_NAME}: there is no ledger {_place(address)}."])
        migrate(database)
    return database


def _place(address: str) -> str:
    name = make_url(address).database or ""
    is_file = address.startswith("sqlite:")
    return f"at {Path(name).absolute()}" if is_file else f"in the database {name}"


@contextmanager
def refused_in_words(name: str = _NAME) -> Iterator[None]:
    """End with exit code 2 where a ledger cannot be opened at the address of this name."""
    try:
        yield
    except OSError as error:
        refuse([f"{name}: {error.strerror or type(error).__name__}."])
    except LedgerUnavailable as error:
        refuse([f"{name}: {error.detail}"])

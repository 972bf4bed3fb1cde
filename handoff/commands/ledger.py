"""The ledger as commands open it: brought up to date, or refused in words."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import make_url

from handoff.commands.environment import refuse
from handoff.errors import LedgerUnavailable
from handoff.ledger import Database, migrate
from handoff.settings import Settings

_NAME = "HANDOFF_DATABASE_URL"


def open_ledger(settings: Settings) -> Database:
    """Open the ledger and bring its tables up to date, or end with exit code 2."""
    try:
        database = Database(settings.database_url)
        migrate(database)
    except OSError as error:
        refuse([f"{_NAME}: {error.strerror or type(error).__name__}."])
    except LedgerUnavailable as error:
        refuse([f"{_NAME}: {error.detail}"])
    return database


def open_existing_ledger(settings: Settings) -> Database:
    """Open the ledger that a service has made, or end with exit code 2; makes no empty one."""
    path = Path(make_url(settings.database_url).database or "")
    if not path.is_file():
        refuse([f"{_NAME}: there is no ledger at {path.absolute()}."])
    return open_ledger(settings)

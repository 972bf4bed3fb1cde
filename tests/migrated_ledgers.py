"""Ledgers that have their tables already. Copying one is faster than migrating it."""

from __future__ import annotations

import atexit
import shutil
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from handoff.ledger.database import open_database
from handoff.ledger.migrate import migrate
from tests.postgres import PostgresServer


def create_ledger_in(folder: Path) -> str:
    """Return the URL of the ledger of a folder. If the folder is there, it gets empty tables."""
    path = folder / "handoff.db"
    if folder.is_dir() and not path.exists():
        shutil.copy(_create_template(), path)
    return f"sqlite:///{path}"


def create_ledger_on(server: PostgresServer) -> str:
    """Return the URL of a new ledger with empty tables on a PostgreSQL server."""
    return server.new_database(template=_create_database_template(server))


@cache
def _create_template() -> Path:
    folder = mkdtemp()
    atexit.register(shutil.rmtree, folder)
    path = Path(folder) / "handoff.db"
    _create_tables(f"sqlite:///{path}")
    path.chmod(0o600)
    return path


@cache
def _create_database_template(server: PostgresServer) -> str:
    url = server.new_database()
    _create_tables(url)
    return url.rpartition("/")[2]


def _create_tables(url: str) -> None:
    with closing(open_database(url)) as database:
        migrate(database)

"""SQLite ledgers that have their tables already. Copying one is faster than migrating it."""

from __future__ import annotations

import atexit
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from handoff.ledger import migrate, open_database


def create_ledger_in(folder: Path) -> str:
    """Return the URL of the ledger of a folder. If the folder is there, it gets empty tables."""
    path = folder / "handoff.db"
    if folder.is_dir() and not path.exists():
        shutil.copy(_create_template(), path)
    return f"sqlite:///{path}"


@cache
def _create_template() -> Path:
    folder = mkdtemp()
    atexit.register(shutil.rmtree, folder)
    path = Path(folder) / "handoff.db"
    database = open_database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    path.chmod(0o600)
    return path

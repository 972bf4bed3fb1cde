"""What tests look up, and turn, in the ledger of the running service."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def spent_links(folder: Path) -> int:
    """Return how many links have been spent."""
    with closing(sqlite3.connect(folder / "handoff.db")) as connection:
        query = "SELECT count(*) FROM handoff WHERE used_at IS NOT NULL"
        return int(connection.execute(query).fetchone()[0])


def openings(folder: Path, link: str) -> tuple[bool, str | None, int]:
    """Return whether a link is spent, the hash of its opener, and how often they came back."""
    handoff_id = link.rpartition("/")[2].partition(".")[0]
    with closing(sqlite3.connect(folder / "handoff.db")) as connection:
        query = "SELECT used_at IS NOT NULL, web_view_hash, reopen_count FROM handoff WHERE id = ?"
        spent, opener, reopened = connection.execute(query, (handoff_id,)).fetchone()
    return bool(spent), opener, int(reopened)


def let_links_expire(folder: Path) -> None:
    """Put the expiry of every link into the past."""
    with closing(sqlite3.connect(folder / "handoff.db")) as connection, connection:
        connection.execute("UPDATE handoff SET expires_at = 0")

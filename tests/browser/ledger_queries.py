"""Queries and changes of tests in the ledger of the running service."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def count_used_links(folder: Path) -> int:
    """Return how many links have been used."""
    with closing(sqlite3.connect(folder / "handoff.db")) as connection:
        query = "SELECT count(*) FROM handoff WHERE used_at IS NOT NULL"
        return int(connection.execute(query).fetchone()[0])


def read_link_use(folder: Path, link: str) -> tuple[bool, str | None, int]:
    """Return whether a link was used, the hash of its web view, and the number of reopenings."""
    handoff_id = link.rpartition("/")[2].partition(".")[0]
    with closing(sqlite3.connect(folder / "handoff.db")) as connection:
        query = "SELECT used_at IS NOT NULL, web_view_hash, reopen_count FROM handoff WHERE id = ?"
        is_used, web_view_hash, reopen_count = connection.execute(query, (handoff_id,)).fetchone()
    return bool(is_used), web_view_hash, int(reopen_count)


def expire_all_links(folder: Path) -> None:
    """Set the expiry of every link to the past."""
    with closing(sqlite3.connect(folder / "handoff.db")) as connection, connection:
        connection.execute("UPDATE handoff SET expires_at = 0")

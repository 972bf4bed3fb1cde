"""Rows for a ledger, written past the service: what has been there long, and fresh links."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

from sqlalchemy import Engine, create_engine, delete, insert

from handoff.ledger import migrate, new_id, open_database, system_clock
from handoff.ledger.tables import handoff
from handoff.link_tokens import LinkTokens

_LIFE = 3600 * 1000  # milliseconds of a fresh link; more than a benchmark takes
_BATCH = 10_000

# Numbers of quotes that no two rows have, here or made by a transfer.
numbers = count(10_000_000)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one ledger whose service nobody asks meanwhile."""

    engine: Engine
    links: LinkTokens
    began: int

    def fill(self, number: int) -> None:
        """Write rows of what is over: one every seven seconds, a million of them in 81 days."""
        past = (_past(self.began - each * 7_000) for each in range(1, number + 1))
        with self.engine.begin() as connection:
            for batch in _batches(past):
                connection.execute(insert(handoff), batch)

    def fresh_links(self, number: int) -> list[str]:
        """Write live rows and return the tokens of their links."""
        now = system_clock()
        ids = [new_id() for _ in range(number)]
        with self.engine.begin() as connection:
            for batch in _batches(_issued(each, now) for each in ids):
                connection.execute(insert(handoff), batch)
        self._settle()
        return [self.links.sign(each) for each in ids]

    def forget(self) -> None:
        """Remove what has been written since the ledger was filled."""
        with self.engine.begin() as connection:
            connection.execute(delete(handoff).where(handoff.c.issued_at >= self.began))
        self._settle()

    def _settle(self) -> None:
        """Leave nothing of this for the service to put in its place."""
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def new_ledger(url: str, secret: str, *, filled: int = 0) -> Iterator[Rows]:
    """Make a ledger's tables, fill it, and give its rows."""
    database = open_database(url)
    migrate(database)
    database.close()
    engine = create_engine(url)
    try:
        rows = Rows(engine, LinkTokens(secret), system_clock())
        rows.fill(filled)
        yield rows
    finally:
        engine.dispose()


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _issued(handoff_id: str, at: int) -> dict[str, Any]:
    """Return the row of a guest's quote whose link nobody has opened yet."""
    number = next(numbers)
    lines = [{"sku": f"ITEM-{n:02d}", "quantity": str(n)} for n in (1, 2, 3)]
    return {
        "id": handoff_id,
        "transfer_key": f"guest:{number}",
        "content_hash": secrets.token_hex(32),
        "kind": "guest",
        "store_code": "default",
        "quote_number": number,
        "bag": {"currency": "GBP", "lines": lines},
        "issued_at": at,
        "expires_at": at + _LIFE,
        "superseded_at": None,
        "used_at": None,
        "session_written_at": None,
        "reopen_count": 0,
        "web_view_hash": None,
    }


def _past(at: int) -> dict[str, Any]:
    """Return a row of which nothing more will come.

    Of ten, six are bound, one is spent and not bound, two have expired and one is superseded.
    """
    row = _issued(new_id(), at) | {"expires_at": at + 300_000}
    kind = row["quote_number"] % 10
    if kind < 7:
        row |= {"used_at": at + 4_000, "web_view_hash": secrets.token_hex(32)}
    if kind < 6:
        row |= {"session_written_at": at + 4_010}
    if kind == 9:
        row |= {"superseded_at": at + 60_000}
    return row

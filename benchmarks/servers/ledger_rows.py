"""Write rows into a ledger without the service: old handoffs, and handoffs with unused links."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

from sqlalchemy import Engine, create_engine, delete, insert

from handoff.ledger.database import open_database, read_system_clock
from handoff.ledger.migrate import migrate
from handoff.ledger.models import generate_handoff_id
from handoff.ledger.tables import handoff
from handoff.web_view_link import LinkTokens

_LINK_TTL = 3600 * 1000  # milliseconds; longer than a benchmark takes
_BATCH = 10_000

_quote_numbers = count(10_000_000)


@dataclass(frozen=True, slots=True)
class LedgerRows:
    """The rows of one ledger, to be changed while nobody calls its service."""

    engine: Engine
    links: LinkTokens
    started_at: int

    def fill(self, number: int) -> None:
        """Write old handoffs, one for every seven seconds: a million of them are 81 days."""
        rows = (_build_old_row(self.started_at - index * 7_000) for index in range(1, number + 1))
        with self.engine.begin() as connection:
            for batch in _split_batches(rows):
                connection.execute(insert(handoff), batch)

    def add_links(self, number: int) -> list[str]:
        """Write handoffs with unused links and return the tokens of the links."""
        now = read_system_clock()
        ids = [generate_handoff_id() for _ in range(number)]
        with self.engine.begin() as connection:
            for batch in _split_batches(_build_row(handoff_id, now) for handoff_id in ids):
                connection.execute(insert(handoff), batch)
        self._checkpoint()
        return [self.links.create_token(each) for each in ids]

    def remove_added_rows(self) -> None:
        """Remove all rows that were written after the ledger was filled."""
        with self.engine.begin() as connection:
            connection.execute(delete(handoff).where(handoff.c.issued_at >= self.started_at))
        self._checkpoint()

    def _checkpoint(self) -> None:
        """Empty SQLite's write-ahead log, so that the service does not have to."""
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def next_quote_number() -> int:
    """Return a number that no other quote of this run has."""
    return next(_quote_numbers)


@contextmanager
def create_ledger(url: str, secret: str, *, filled: int = 0) -> Iterator[LedgerRows]:
    """Create a ledger with `filled` old handoffs and give its rows."""
    database = open_database(url)
    migrate(database)
    database.close()
    engine = create_engine(url)
    try:
        rows = LedgerRows(engine, LinkTokens(secret), read_system_clock())
        rows.fill(filled)
        yield rows
    finally:
        engine.dispose()


def _split_batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _build_row(handoff_id: str, at: int) -> dict[str, Any]:
    """Return the row of a guest's quote whose link is not used yet."""
    number = next_quote_number()
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
        "expires_at": at + _LINK_TTL,
        "superseded_at": None,
        "used_at": None,
        "session_written_at": None,
        "reopen_count": 0,
        "web_view_hash": None,
    }


def _build_old_row(at: int) -> dict[str, Any]:
    """Return the row of an old handoff.

    Of ten, six have a session, one was used without a session, two expired, one is superseded.
    """
    row = _build_row(generate_handoff_id(), at) | {"expires_at": at + 300_000}
    digit = row["quote_number"] % 10
    if digit < 7:
        row |= {"used_at": at + 4_000, "web_view_hash": secrets.token_hex(32)}
    if digit < 6:
        row |= {"session_written_at": at + 4_010}
    if digit == 9:
        row |= {"superseded_at": at + 60_000}
    return row

"""Reads and writes the ledger of a running service from outside, by its address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import count, islice
from typing import Any

from sqlalchemy import insert, select, update

from handoff.deadline import Deadline
from handoff.ledger.database import Database, open_database
from handoff.ledger.handoff_repository import HandoffRepository
from handoff.ledger.lease_locks import Leases
from handoff.ledger.migrate import migrate
from handoff.ledger.models import NewHandoff
from handoff.ledger.tables import handoff, lease
from handoff.web_view_link import LinkTokens

SECRET = "a secret of the races that is long enough"
_numbers = count(1_000_000)  # quote numbers that no stand-in shop reaches


@contextmanager
def open_ledger(url: str) -> Iterator[Database]:
    """Open a ledger for the block."""
    database = open_database(url)
    try:
        migrate(database)
        yield database
    finally:
        database.close()


@contextmanager
def locked_ledger(url: str) -> Iterator[None]:
    """Keep all other writers out for the block."""
    with open_ledger(url) as database, database.open_migration_transaction() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE handoff, lease IN EXCLUSIVE MODE")
        yield


def read_handoffs(url: str) -> list[dict[str, Any]]:
    """Return the rows of all handoffs, the oldest first."""
    return _read_rows(url, select(handoff).order_by(handoff.c.issued_at))


def read_leases(url: str) -> list[dict[str, Any]]:
    """Return the leases."""
    return _read_rows(url, select(lease))


def select_current(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the handoffs that are not superseded."""
    return [row for row in rows if row["superseded_at"] is None]


def read_handoff(url: str, link: str) -> dict[str, Any]:
    """Return the row of the handoff of a link."""
    [row] = [row for row in read_handoffs(url) if row["id"] == get_handoff_id(link)]
    return row


def get_handoff_id(link: str) -> str:
    """Return the id of the handoff of a link."""
    return link.rpartition("/")[2].partition(".")[0]


def issue_links(url: str, wanted: int) -> list[str]:
    """Issue handoffs of guests' quotes in the ledger, and return their links."""
    links = LinkTokens(SECRET)
    with open_ledger(url) as database:
        ledger = HandoffRepository(database, ttl=300, grace=60)
        taken = Leases(database, seconds=10)
        made = []
        for number in islice(_numbers, wanted):
            with taken.acquire(f"guest:{number}", Deadline.after(0)) as held:
                assert held is not None
                made.append(ledger.issue_or_renew(held, _build_handoff(number)).id)
    return [f"/h/{links.create_token(each)}" for each in made]


def insert_expired_handoffs(url: str, wanted: int) -> None:
    """Write handoffs into the ledger that expired long ago and were never opened."""
    rows = [
        {
            **asdict(_build_handoff(number)),
            "id": f"old-{number}",
            "issued_at": number,
            "expires_at": number + 300_000,
            "reopen_count": 0,
        }
        for number in islice(_numbers, wanted)
    ]
    with open_ledger(url) as database:
        database.write(lambda connection: connection.execute(insert(handoff), rows))


def backdate_handoffs(url: str, links: list[str]) -> None:
    """Set the time at which handoffs were issued to long ago; they stay live."""
    ids = [get_handoff_id(link) for link in links]
    with open_ledger(url) as database:
        statement = update(handoff).where(handoff.c.id.in_(ids)).values(issued_at=1)
        database.write(lambda connection: connection.execute(statement))


def _build_handoff(number: int) -> NewHandoff:
    return NewHandoff(
        transfer_key=f"guest:{number}",
        content_hash="of no matter here",
        reference=None,
        kind="guest",
        store_code="default",
        quote_number=number,
        customer_id=None,
        customer_group_id=None,
        bag={"currency": "GBP", "lines": [{"sku": "ITEM-01", "quantity": "1"}]},
    )


def _read_rows(url: str, query: Any) -> list[dict[str, Any]]:
    with open_ledger(url) as database, database.open_read_connection() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]

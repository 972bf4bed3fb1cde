"""The ledger of a running service, by its address, read and written from outside of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import count, islice
from typing import Any

from sqlalchemy import insert, select, update

from handoff.deadline import Deadline
from handoff.ledger import Database, HandoffRepository, Leases, NewHandoff, migrate, open_database
from handoff.ledger.tables import handoff, lease
from handoff.link_tokens import LinkTokens

SECRET = "a secret of the races that is long enough"
_numbers = count(1_000_000)  # of quotes that no stand-in shop has come to


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a ledger for the length of a block."""
    database = open_database(url)
    try:
        migrate(database)
        yield database
    finally:
        database.close()


@contextmanager
def held(url: str) -> Iterator[None]:
    """Let nobody else write for the length of a block."""
    with opened(url) as database, database.migrating() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE handoff, lease IN EXCLUSIVE MODE")
        yield


def handoffs(url: str) -> list[dict[str, Any]]:
    """Return all rows, the oldest first."""
    return _rows(url, select(handoff).order_by(handoff.c.issued_at))


def claims(url: str) -> list[dict[str, Any]]:
    """Return the claims that are held."""
    return _rows(url, select(lease))


def live(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those whose link has not been displaced."""
    return [row for row in rows if row["superseded_at"] is None]


def handoff_of(url: str, link: str) -> dict[str, Any]:
    """Return the row that a link stands for."""
    [row] = [row for row in handoffs(url) if row["id"] == id_of(link)]
    return row


def id_of(link: str) -> str:
    """Return the id of the handoff that a link stands for."""
    return link.rpartition("/")[2].partition(".")[0]


def make_links(url: str, wanted: int) -> list[str]:
    """Issue handoffs for guests' quotes, straight into the ledger, and return their links."""
    links = LinkTokens(SECRET)
    with opened(url) as database:
        ledger = HandoffRepository(database, ttl=300, grace=60)
        taken = Leases(database, seconds=10)
        made = []
        for number in islice(_numbers, wanted):
            with taken.acquire(f"guest:{number}", Deadline.after(0)) as held:
                assert held is not None
                made.append(ledger.issue(held, _draft(number)).id)
    return [f"/h/{links.sign(each)}" for each in made]


def make_old(url: str, wanted: int) -> None:
    """Write handoffs of long ago, that nobody opened, straight into the ledger."""
    rows = [
        {
            **asdict(_draft(number)),
            "id": f"old-{number}",
            "issued_at": number,
            "expires_at": number + 300_000,
            "reopen_count": 0,
        }
        for number in islice(_numbers, wanted)
    ]
    with opened(url) as database:
        database.write(lambda connection: connection.execute(insert(handoff), rows))


def make_seem_old(url: str, links: list[str]) -> None:
    """Let handoffs have been issued long ago, and given anew since."""
    ids = [id_of(link) for link in links]
    with opened(url) as database:
        statement = update(handoff).where(handoff.c.id.in_(ids)).values(issued_at=1)
        database.write(lambda connection: connection.execute(statement))


def _draft(number: int) -> NewHandoff:
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


def _rows(url: str, query: Any) -> list[dict[str, Any]]:
    with opened(url) as database, database.reading() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]

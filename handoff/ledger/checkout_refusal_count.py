"""Counts how often checkout has sent a quote away, for all workers of all hosts.

A worker that finds another count than before forgets which bags checkout has accepted. A count
needs no clock. No write is durable: after a power failure the workers have forgotten everything.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from handoff.ledger.database import Database
from handoff.ledger.tables import checkout_refusals

_ROW = 1  # the id of the only row

_c = checkout_refusals.c
_FIND = sa.select(_c.refusal_count).where(_c.id == _ROW)


def _build_increment(insert: Any) -> sa.Executable:
    new = insert(checkout_refusals).values(id=_ROW, refusal_count=1)
    increment: sa.Executable = new.on_conflict_do_update(
        index_elements=[_c.id], set_={"refusal_count": _c.refusal_count + 1}
    )
    return increment


_INCREMENT = {
    "sqlite": _build_increment(sqlite.insert),
    "postgresql": _build_increment(postgresql.insert),
}


class CheckoutRefusalCount:
    """The count of one ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> int:
        """Return how often checkout has sent a quote away."""
        with self._database.open_read_connection() as connection:
            return connection.execute(_FIND).scalar_one_or_none() or 0

    def increment(self) -> None:
        """Count one more, so that all workers forget what checkout has accepted."""

        def work(connection: sa.Connection) -> None:
            connection.execute(_INCREMENT[connection.dialect.name])

        self._database.write(work, durable=False)

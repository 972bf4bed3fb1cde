"""Tells all workers of all hosts to forget which bags checkout has accepted.

The ledger counts how often checkout has sent a quote away. A worker that finds another count than
before forgets everything. A count needs no clock. No write is durable: after a power failure the
workers have forgotten everything.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # SQLite has the same ON CONFLICT

from handoff.ledger.database import Database
from handoff.ledger.tables import checkout_refusals

_ROW = 1  # the id of the only row

_c = checkout_refusals.c
_FIND = sa.select(_c.refusal_count).where(_c.id == _ROW)
_INCREMENT = (
    insert(checkout_refusals)
    .values(id=_ROW, refusal_count=1)
    .on_conflict_do_update(index_elements=[_c.id], set_={"refusal_count": _c.refusal_count + 1})
)


class CheckoutRefusalCount:
    """The count of one ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> int:
        """Return how often checkout has sent a quote away."""
        return self._database.fetch_value(_FIND) or 0

    def increment(self) -> None:
        """Count one more, so that all workers forget what checkout has accepted."""
        self._database.execute(_INCREMENT, durable=False)

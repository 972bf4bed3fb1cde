"""Reads how far the handoffs of the last day have come, and since when reconciliation is due."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from handoff.ledger.database import NOW, Database
from handoff.ledger.tables import handoff

_PERIOD = 24 * 3600 * 1000  # milliseconds

_c = handoff.c
_COUNT = sa.select(
    sa.func.count().label("issued"),
    sa.func.count(_c.used_at).label("opened"),
    sa.func.count(_c.session_written_at).label("session_written"),
    sa.func.count(_c.orders).label("ordered"),
).where(_c.issued_at > NOW - _PERIOD)
# A handoff that was never checked, or whose orders have changed, has the time 0.
_FIND_OLDEST = sa.select(
    sa.func.coalesce(NOW - sa.func.min(_c.issued_at), 0),
).where(_c.next_check_at == sa.literal_column("0"))


@dataclass(frozen=True, slots=True)
class HandoffProgress:
    """How many handoffs of the last 24 hours reached each stage, by its name.

    `oldest_unreconciled_seconds` is the age of the oldest handoff that reconciliation has to check
    at once, 0 if there is none.
    """

    counts: dict[str, int]
    oldest_unreconciled_seconds: float


class ProgressRepository:
    """Reads the progress of a ledger's handoffs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> HandoffProgress:
        """Return the progress, or raise LedgerUnavailable."""
        now = self._database.now_parameter
        with self._database.open_read_connection() as connection:
            counts = dict(connection.execute(_COUNT, now).mappings().one())
            oldest = int(connection.execute(_FIND_OLDEST, now).scalar_one())
        return HandoffProgress(counts, max(0, oldest) / 1000)

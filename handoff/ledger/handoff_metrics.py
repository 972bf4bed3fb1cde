"""The figures of `/metrics` that come from the ledger: handoffs by stage, and the oldest due."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from handoff.ledger.database import NOW, Database
from handoff.ledger.stage_counts import DAY, STAGE_COUNT_COLUMNS
from handoff.ledger.tables import handoff

_c = handoff.c
_COUNT = sa.select(*STAGE_COUNT_COLUMNS).where(_c.issued_at > NOW - DAY)
# `next_check_at` is 0 if a handoff was never checked, or if its orders have changed.
_FIND_OLDEST = sa.select(
    sa.func.coalesce(NOW - sa.func.min(_c.issued_at), 0),
).where(_c.next_check_at == sa.literal_column("0"))


@dataclass(frozen=True, slots=True)
class HandoffMetrics:
    """How many handoffs of the last 24 hours reached each stage, by its name.

    `oldest_unreconciled_seconds` is the age of the oldest handoff that reconciliation has to check
    at once, 0 if there is none.
    """

    counts: dict[str, int]
    oldest_unreconciled_seconds: float


def read_handoff_metrics(database: Database) -> HandoffMetrics:
    """Return the figures of a ledger, or raise LedgerUnavailable."""
    [counts] = database.fetch_rows(_COUNT)
    oldest = int(database.fetch_value(_FIND_OLDEST))
    return HandoffMetrics(dict(counts), max(0, oldest) / 1000)

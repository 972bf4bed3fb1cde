"""Counts how many handoffs reached each stage, by day and for `/metrics`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from handoff.ledger.database import NOW, Database
from handoff.ledger.tables import handoff

DAY = 24 * 3_600_000
"""Milliseconds of a day."""

_c = handoff.c
_COUNTS = (
    sa.func.count().label("issued"),
    sa.func.count(_c.used_at).label("opened"),
    sa.func.count(_c.session_written_at).label("session_written"),
    sa.func.count(_c.orders).label("ordered"),
)

_since: sa.BindParameter[int] = sa.bindparam("since", type_=sa.BigInteger)
_day = sa.type_coerce((_c.issued_at - _since) // sa.literal(DAY, sa.BigInteger), sa.BigInteger)
_COUNT_BY_DAY = sa.select(_day.label("day"), *_COUNTS).where(_c.issued_at >= _since).group_by(_day)

_COUNT_LAST_DAY = sa.select(*_COUNTS).where(_c.issued_at > NOW - DAY)
# `next_check_at` is 0 if a handoff was never checked, or if its orders have changed.
_FIND_OLDEST = sa.select(
    sa.func.coalesce(NOW - sa.func.min(_c.issued_at), 0),
).where(_c.next_check_at == sa.literal_column("0"))


@dataclass(frozen=True, slots=True)
class StageCounts:
    """How many handoffs of a period were issued, and how many of these reached each stage.

    `since` is the start of the period, in milliseconds since 1970. An order that was cancelled
    counts as well.
    """

    since: int
    issued: int = 0
    opened: int = 0
    session_written: int = 0
    ordered: int = 0

    @property
    def stages(self) -> tuple[int, int, int, int]:
        """The four counts, from issued to ordered."""
        return self.issued, self.opened, self.session_written, self.ordered


def count_stages_by_day(database: Database, days: int) -> list[StageCounts]:
    """Return the counts of the last days in UTC, the oldest first; the last one is today."""
    today = database.read_time() // DAY * DAY
    since = today - (days - 1) * DAY
    rows = [dict(row) for row in database.fetch_rows(_COUNT_BY_DAY, since=since)]
    counts = {int(row.pop("day")): row for row in rows}
    return [StageCounts(since + day * DAY, **counts.get(day, {})) for day in range(days)]


def sum_stages(counts: Sequence[StageCounts]) -> StageCounts:
    """Return the counts of several days together."""
    totals = map(sum, zip(*(each.stages for each in counts), strict=True))
    return StageCounts(counts[0].since, *totals)


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
    [counts] = database.fetch_rows(_COUNT_LAST_DAY)
    oldest = int(database.fetch_value(_FIND_OLDEST))
    return HandoffMetrics(dict(counts), max(0, oldest) / 1000)

"""Counts how many handoffs reached each stage, by day, and reads the last refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from handoff.ledger.database import Database
from handoff.ledger.refused_transfers import IS_OVER_RETENTION, RefusedTransfer
from handoff.ledger.row_parser import parse_rows
from handoff.ledger.tables import handoff, refused_transfer

DAY = 24 * 3_600_000
"""Milliseconds of a day."""

_c, _r = handoff.c, refused_transfer.c
_since: sa.BindParameter[int] = sa.bindparam("since", type_=sa.BigInteger)
_day = sa.type_coerce((_c.issued_at - _since) // sa.literal(DAY, sa.BigInteger), sa.BigInteger)
_COUNT = (
    sa.select(
        _day,
        sa.func.count(),
        sa.func.count(_c.used_at),
        sa.func.count(_c.session_written_at),
        sa.func.count(_c.orders),
    )
    .where(_c.issued_at >= _since)
    .group_by(_day)
)
_LAST_REFUSALS = (
    sa.select(_r.reference, _r.code, _r.skus, _r.refused_at)
    .where(sa.not_(IS_OVER_RETENTION))
    .order_by(_r.refused_at.desc())
    .limit(sa.bindparam("count", type_=sa.Integer))
)


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
        """The four counts in the order of the way."""
        return self.issued, self.opened, self.session_written, self.ordered


def count_stages_by_day(database: Database, days: int) -> list[StageCounts]:
    """Return the counts of the last days in UTC, the oldest first; the last one is today."""
    today = database.read_time() // DAY * DAY
    since = today - (days - 1) * DAY
    with database.open_read_connection() as connection:
        rows = connection.execute(_COUNT, {"since": since}).all()
    counts = {int(day): stages for day, *stages in rows}
    return [StageCounts(since + day * DAY, *counts.get(day, ())) for day in range(days)]


def sum_stages(counts: Sequence[StageCounts]) -> StageCounts:
    """Return the counts of several days together."""
    totals = map(sum, zip(*(each.stages for each in counts), strict=True))
    return StageCounts(counts[0].since, *totals)


def find_last_refusals(database: Database, count: int) -> list[RefusedTransfer]:
    """Return the last refused transfers that have a reference, the newest first.

    One that cannot be read is logged and left out.
    """
    with database.open_read_connection() as connection:
        values = {"count": count, **database.now_parameter}
        rows = connection.execute(_LAST_REFUSALS, values).mappings()
        return parse_rows(RefusedTransfer, rows)

"""What the ledger may forget, in batches so small that the service does not notice.

A row goes in two steps. First it is reduced: bag, customer and web view are gone, and what is left
says which order a reference led to. Later it is deleted. A row without a reference has nothing to
say after the first, and is deleted then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, delete, func, null, select, tuple_, update

from handoff.ledger.database import Database
from handoff.ledger.database_clock import NOW, Clock, now_parameter
from handoff.ledger.reconciliation_repository import OrderOutcome
from handoff.ledger.tables import handoff, lease

_BATCH = 200  # rows of one transaction: some milliseconds, in which a transfer has to wait
_LEFT_BEHIND = 3_600_000  # milliseconds after which a claim has nobody who could still want it


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """What is to be forgotten. Moments are milliseconds since 1970.

    Handoffs issued before `reduce_before` are reduced, those issued before `delete_before`
    deleted. `unreconciled` says that it does not matter whether they have been reconciled.
    """

    reduce_before: int
    delete_before: int
    unreconciled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeCounts:
    """How many handoffs were reduced and deleted, how many stay because nobody has reconciled
    them, and how many claims were deleted that dead processes have left."""

    reduced: int = 0
    deleted: int = 0
    unreconciled: int = 0
    claims: int = 0

    def __add__(self, other: PurgeCounts) -> PurgeCounts:
        return PurgeCounts(
            **{each.name: getattr(self, each.name) + getattr(other, each.name) for each in _COUNTED}
        )


_COUNTED = fields(PurgeCounts)
_c = handoff.c
_RIPE = (
    select(
        _c.id,
        _c.issued_at,
        _c.reference,
        _c.resolved_at,
        (_c.expires_at <= NOW).label("is_over"),
    )
    .where(
        _c.issued_at < bindparam("before"),
        tuple_(_c.issued_at, _c.id) > tuple_(bindparam("at"), bindparam("after")),
    )
    .order_by(_c.issued_at, _c.id)
    .limit(_BATCH)
)
_WHOLE = _RIPE.where(_c.anonymised_at.is_(None))
_in_batch = _c.id.in_(bindparam("ids", expanding=True))
_DELETE = delete(handoff).where(_in_batch)
_REDUCE = (
    update(handoff)
    .where(_in_batch)
    .values(
        content_hash="",
        bag={"currency": "", "lines": []},
        customer_id=None,
        customer_group_id=None,
        web_view_hash=None,
        differences=null(),
        outcome=case((_c.resolved_at.is_(None), OrderOutcome.UNRECONCILED.value), else_=_c.outcome),
        resolved_at=func.coalesce(_c.resolved_at, NOW),
        anonymised_at=NOW,
    )
)
_is_left_behind = lease.c.expires_at < NOW - _LEFT_BEHIND
_COUNT_CLAIMS = select(func.count()).select_from(lease).where(_is_left_behind)
_DELETE_CLAIMS = delete(lease).where(_is_left_behind)


class Purger:
    """Forgets rows of the ledger while the service goes on. With `dry` it only counts."""

    def __init__(
        self, database: Database, clock: Clock | None = None, *, dry: bool = False
    ) -> None:
        """Take a clock where not the database's own is to count."""
        self._database = database
        self._clock = clock
        self._dry = dry

    def run(self, purge: Purge) -> Iterator[PurgeCounts]:
        """Forget, and give the counts of each batch: that much is done, wherever this stops."""
        for rows in self._pages(_RIPE, 0, purge.delete_before):
            yield self._forget(rows, purge, with_references=True)
        for rows in self._pages(_WHOLE, purge.delete_before, purge.reduce_before):
            yield self._forget(rows, purge, with_references=False)
        yield PurgeCounts(claims=self._forget_claims())

    def _pages(self, statement: Any, since: int, before: int) -> Iterator[list[Row[Any]]]:
        at, after = since, ""
        while True:
            values = {"at": at, "after": after, "before": before, **now_parameter(self._clock)}
            with self._database.reading() as connection:
                rows = list(connection.execute(statement, values))
            if not rows:
                return
            at, after = rows[-1].issued_at, rows[-1].id
            yield rows

    def _forget(self, rows: list[Row[Any]], purge: Purge, *, with_references: bool) -> PurgeCounts:
        over = [row for row in rows if row.is_over]
        ripe = [row for row in over if purge.unreconciled or row.resolved_at is not None]
        gone = [row.id for row in ripe if with_references or row.reference is None]
        rest = [row.id for row in ripe if not with_references and row.reference is not None]
        if not self._dry and ripe:
            self._database.write(partial(self._write, gone=gone, rest=rest), durable=False)
        return PurgeCounts(reduced=len(rest), deleted=len(gone), unreconciled=len(over) - len(ripe))

    def _write(self, connection: Connection, *, gone: list[str], rest: list[str]) -> None:
        if gone:
            connection.execute(_DELETE, {"ids": gone})
        if rest:
            connection.execute(_REDUCE, {"ids": rest, **now_parameter(self._clock)})

    def _forget_claims(self) -> int:
        values = now_parameter(self._clock)
        if self._dry:
            with self._database.reading() as connection:
                return int(connection.execute(_COUNT_CLAIMS, values).scalar_one())
        return self._database.write(
            lambda connection: connection.execute(_DELETE_CLAIMS, values).rowcount, durable=False
        )

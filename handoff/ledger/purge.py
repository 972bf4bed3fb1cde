"""What the ledger may forget, in batches so small that the service does not notice.

A handoff goes in two steps. First it is anonymised: bag, customer and web view are removed, and
the rest says which order a reference led to. Later it is deleted. A handoff without a reference
says nothing after the first step, so it is deleted at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    case,
    delete,
    func,
    null,
    select,
    tuple_,
    update,
)

from handoff.ledger.database import Database
from handoff.ledger.database_clock import NOW
from handoff.ledger.models import OrderOutcome
from handoff.ledger.tables import handoff, lease

_BATCH = 200  # rows of one transaction: a transfer waits for it for some milliseconds
_HOUR = 3_600_000  # milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeRequest:
    """What to forget: handoffs issued before these times, in milliseconds since 1970.

    `include_unreconciled` also takes those that nobody has reconciled.
    """

    anonymise_before: int
    delete_before: int
    include_unreconciled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeCounts:
    """How many handoffs were anonymised and deleted, how many stay because they are not
    reconciled, and how many leases of dead processes were deleted."""

    anonymised_count: int = 0
    deleted_count: int = 0
    unreconciled_count: int = 0
    lease_count: int = 0

    def __add__(self, other: PurgeCounts) -> PurgeCounts:
        sums = map(sum, zip(astuple(self), astuple(other), strict=True))
        return PurgeCounts(**dict(zip(self.__slots__, sums, strict=True)))


_c = handoff.c
_is_abandoned = lease.c.expires_at < NOW - _HOUR
_ANONYMISE = update(handoff).values(
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


class Purger:
    """Purges the ledger while the service runs; with `dry_run` it only counts."""

    def __init__(self, database: Database, *, dry_run: bool = False) -> None:
        self._database = database
        self._dry_run = dry_run

    def run(self, request: PurgeRequest) -> Iterator[PurgeCounts]:
        """Purge, and yield the counts of each batch when it is committed."""
        for rows in self._iterate_issued(0, request.delete_before):
            yield self._purge_batch(rows, request, delete_all=True)
        not_anonymised = _c.anonymised_at.is_(None)
        for rows in self._iterate_issued(
            request.delete_before, request.anonymise_before, not_anonymised
        ):
            yield self._purge_batch(rows, request, delete_all=False)
        yield PurgeCounts(lease_count=self._purge_leases())

    def _iterate_issued(
        self, since: int, before: int, *conditions: ColumnElement[bool]
    ) -> Iterator[list[Row[Any]]]:
        columns = (_c.id, _c.issued_at, _c.reference, _c.resolved_at)
        issued = select(*columns, (_c.expires_at <= NOW).label("has_expired"))
        issued = issued.where(_c.issued_at < before, *conditions)
        issued = issued.order_by(_c.issued_at, _c.id).limit(_BATCH)
        position = (since, "")
        while True:
            with self._database.reading() as connection:
                page = issued.where(tuple_(_c.issued_at, _c.id) > position)
                rows = list(connection.execute(page, self._database.now_parameter))
            if not rows:
                return
            position = (rows[-1].issued_at, rows[-1].id)
            yield rows

    def _purge_batch(
        self, rows: list[Row[Any]], request: PurgeRequest, *, delete_all: bool
    ) -> PurgeCounts:
        expired = [row for row in rows if row.has_expired]
        due = [
            row for row in expired if request.include_unreconciled or row.resolved_at is not None
        ]
        delete_ids = [row.id for row in due if delete_all or row.reference is None]
        anonymise_ids = [row.id for row in due if not delete_all and row.reference is not None]
        if due and not self._dry_run:
            self._database.write(partial(self._forget, delete_ids, anonymise_ids), durable=False)
        return PurgeCounts(
            anonymised_count=len(anonymise_ids),
            deleted_count=len(delete_ids),
            unreconciled_count=len(expired) - len(due),
        )

    def _forget(
        self, delete_ids: list[str], anonymise_ids: list[str], connection: Connection
    ) -> None:
        if delete_ids:
            connection.execute(delete(handoff).where(_c.id.in_(delete_ids)))
        if anonymise_ids:
            statement = _ANONYMISE.where(_c.id.in_(anonymise_ids))
            connection.execute(statement, self._database.now_parameter)

    def _purge_leases(self) -> int:
        now = self._database.now_parameter
        if self._dry_run:
            count = select(func.count()).select_from(lease).where(_is_abandoned)
            with self._database.reading() as connection:
                return int(connection.execute(count, now).scalar_one())
        statement = delete(lease).where(_is_abandoned)
        return self._database.write(
            lambda connection: connection.execute(statement, now).rowcount, durable=False
        )

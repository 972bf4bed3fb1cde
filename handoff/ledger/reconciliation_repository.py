"""The handoffs as reconciliation reads them, page by page, and what it writes down about them.

An unresolved handoff is due at `next_check_at`. So a run reads those that are due, by index, and
no others. Nothing here is durable: what a power failure takes is found again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    select,
    tuple_,
    update,
)

from handoff.ledger.database import Database
from handoff.ledger.database_clock import NOW
from handoff.ledger.handoff_repository import HANDOFF_COLUMNS, to_handoff
from handoff.ledger.models import Handoff, IssuePeriod, OrderFinding, OrderOutcome
from handoff.ledger.tables import handoff

_PAGE_SIZE = 300  # rows that are read, and written, at once: the service waits milliseconds

_c = handoff.c
_SELECT = select(*HANDOFF_COLUMNS)
_is_due = _c.resolved_at.is_(None) & (_c.next_check_at <= NOW)
# Written out and not a parameter, because only then SQLite uses the index of these rows.
_is_comment_due: ColumnElement[bool] = _c.order_comment == literal_column("'due'")
_REQUEST_COMMENT = (
    update(handoff)
    .where(
        _c.outcome.in_([OrderOutcome.MATCHED.value, OrderOutcome.DIFFERS.value]),
        _c.reference.is_not(None),
        _c.order_comment.is_(None),
    )
    .values(order_comment="due")
)
# A resolved handoff stays as it is, also if two runs have resolved it at once.
_RECORD = (
    update(handoff)
    .where(_c.id == bindparam("handoff_id"), _c.resolved_at.is_(None))
    .values(
        outcome=bindparam("new_outcome"),
        orders=bindparam("new_orders", type_=_c.orders.type),
        differences=bindparam("new_differences", type_=_c.differences.type),
        next_check_at=bindparam("new_check_at"),
        resolved_at=case((bindparam("is_resolved"), NOW), else_=None),
    )
)


class ReconciliationRepository:
    """Reads handoffs to reconcile and records findings, in short transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def iterate_due(self, period: IssuePeriod | None = None) -> Iterator[list[Handoff]]:
        """Yield pages of the handoffs that are due, each handoff once.

        With a period, only those that were issued in it.
        """
        due = _SELECT.where(_is_due, *_issued_in(period)).limit(_PAGE_SIZE)
        due = due.order_by(_c.next_check_at, _c.id)
        position = (-1, "")
        while page := self._read(due.where(tuple_(_c.next_check_at, _c.id) > position)):
            yield page
            position = (page[-1].next_check_at, page[-1].id)

    def count_due(self, period: IssuePeriod | None = None) -> int:
        """Return how many handoffs `iterate_due` would yield now."""
        return self._count(_is_due, *_issued_in(period))

    def iterate_issued(self, period: IssuePeriod) -> Iterator[list[Handoff]]:
        """Yield pages of all handoffs that were issued in a period, the oldest first."""
        issued = _SELECT.where(_c.issued_at < period.until).limit(_PAGE_SIZE)
        issued = issued.order_by(_c.issued_at, _c.id)
        position = (period.since, "")
        while page := self._read(issued.where(tuple_(_c.issued_at, _c.id) > position)):
            yield page
            position = (page[-1].issued_at, page[-1].id)

    def find_by_quotes(self, quote_numbers: Collection[int]) -> list[Handoff]:
        """Return all handoffs of some quotes, superseded ones too."""
        return self._read(_SELECT.where(_c.quote_number.in_(quote_numbers)))

    def find_by_transfer_keys(self, keys: Collection[str]) -> list[Handoff]:
        """Return all handoffs of some transfers, superseded ones too."""
        return self._read(_SELECT.where(_c.transfer_key.in_(keys)))

    def record(self, findings: Iterable[OrderFinding], *, request_comments: bool = False) -> None:
        """Write findings, all or none; if wanted, request comments on the orders among them."""
        now = self._database.now_parameter
        rows = [{**_to_values(finding), **now} for finding in findings]
        ordered = [row["handoff_id"] for row in rows if row["new_orders"]]

        def work(connection: Connection) -> None:
            connection.execute(_RECORD, rows)
            if request_comments and ordered:
                connection.execute(_REQUEST_COMMENT.where(_c.id.in_(ordered)))

        if rows:
            self._database.write(work, durable=False)

    def request_comments(self, handoffs: IssuePeriod | Collection[str]) -> None:
        """Request a comment on the orders of a period, or of some transfer keys, without one."""
        if isinstance(handoffs, IssuePeriod):
            self._write(_REQUEST_COMMENT.where(*_issued_in(handoffs)))
        else:
            self._write(_REQUEST_COMMENT.where(_c.transfer_key.in_(handoffs)))

    def iterate_comments_due(self, page_size: int) -> Iterator[list[Handoff]]:
        """Yield pages of the handoffs whose orders need a comment, each handoff once."""
        last_id = ""
        due = _SELECT.where(_is_comment_due).order_by(_c.id).limit(page_size)
        while page := self._read(due.where(_c.id > last_id)):
            yield page
            last_id = page[-1].id

    def count_comments_due(self) -> int:
        """Return how many handoffs `iterate_comments_due` would yield now."""
        return self._count(_is_comment_due)

    def mark_commented(self, commented: Handoff) -> None:
        """Note that the orders of a handoff have their comment."""
        self._write(update(handoff).where(_c.id == commented.id).values(order_comment="done"))

    def _write(self, statement: Any) -> None:
        self._database.write(lambda connection: connection.execute(statement), durable=False)

    def _read(self, statement: Select[Any]) -> list[Handoff]:
        with self._database.reading() as connection:
            rows = connection.execute(statement, self._database.now_parameter)
            return [to_handoff(row) for row in rows]

    def _count(self, *conditions: ColumnElement[bool]) -> int:
        statement = select(func.count()).select_from(handoff).where(*conditions)
        with self._database.reading() as connection:
            return int(connection.execute(statement, self._database.now_parameter).scalar_one())


def _issued_in(period: IssuePeriod | None) -> list[ColumnElement[bool]]:
    if period is None:
        return []
    return [_c.issued_at >= period.since, _c.issued_at < period.until]


def _to_values(finding: OrderFinding) -> dict[str, Any]:
    return {
        "handoff_id": finding.handoff.id,
        "new_outcome": finding.outcome.value if finding.outcome else None,
        "new_orders": finding.orders,
        "new_differences": finding.differences,
        "new_check_at": finding.next_check_at,
        "is_resolved": finding.outcome is not None,
    }

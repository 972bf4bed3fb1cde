"""The ledger as reconciling sees it: passages that are open, and what has been found of them.

A passage is open until it is settled. `next_check_at` says when to look at an open one again, so
that a run reads those that are due, by index, and no others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    case,
    func,
    literal_column,
    select,
    tuple_,
    update,
)

from handoff.ledger.database import Database
from handoff.ledger.database_clock import NOW, Clock, now_parameter
from handoff.ledger.tables import handoff


class OrderOutcome(Enum):
    """What has become of a passage, once that is settled."""

    MATCHED = "matched"
    DIFFERS = "differs"
    NOT_ORDERED = "not_ordered"
    NEVER_OPENED = "never_opened"
    UNRECONCILED = "unreconciled"  # purged before anyone had asked


@dataclass(frozen=True, slots=True)
class Passage:
    """A row of the ledger with what reconciling knows of it. Times are milliseconds since 1970.

    `orders` are `{"id", "number", "state", "replaced_by"}`, the orders that the passage led to.
    """

    id: str
    transfer_key: str
    reference: str | None
    kind: str
    store_code: str
    quote_number: int
    bag: dict[str, Any]
    issued_at: int
    expires_at: int
    superseded_at: int | None
    used_at: int | None
    session_written_at: int | None
    outcome: str | None
    orders: list[dict[str, Any]] | None
    differences: list[dict[str, Any]] | None
    next_check_at: int
    resolved_at: int | None
    order_comment: str | None

    @property
    def opened(self) -> bool:
        """Whether a web view has spent the link; one that only looked has not."""
        return self.used_at is not None

    @property
    def opening_order(self) -> tuple[int, int, int]:
        """Sort by this: the passage that was bound last comes last."""
        return (self.session_written_at or 0, self.used_at or 0, self.issued_at)


@dataclass(frozen=True, slots=True)
class IssuePeriod:
    """From one moment up to another that is no part of it, in milliseconds since 1970."""

    since: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFinding:
    """What a look at a passage has found: an outcome that settles it, or when to look again."""

    passage: Passage
    outcome: OrderOutcome | None = None
    orders: list[dict[str, Any]] | None = None
    differences: list[dict[str, Any]] | None = None
    next_check_at: int = 0


_c = handoff.c
_ROW = tuple(_c[field.name] for field in fields(Passage))
_in_period = (_c.issued_at >= bindparam("since"), _c.issued_at < bindparam("until"))
_is_due = (_c.resolved_at.is_(None), _c.next_check_at <= NOW)
# In words of SQL, and not as a parameter: only so does SQLite use the index on these rows.
_to_annotate: ColumnElement[bool] = _c.order_comment == literal_column("'due'")
_led_to_order = (
    _c.outcome.in_([OrderOutcome.MATCHED.value, OrderOutcome.DIFFERS.value]),
    _c.reference.is_not(None),
    _c.order_comment.is_(None),
)

_DUE = (
    select(*_ROW)
    .where(*_is_due, tuple_(_c.next_check_at, _c.id) > tuple_(bindparam("at"), bindparam("after")))
    .order_by(_c.next_check_at, _c.id)
    .limit(bindparam("most"))
)
_COUNT_DUE = select(func.count()).select_from(handoff).where(*_is_due)
_ISSUED = (
    select(*_ROW)
    .where(
        _c.issued_at < bindparam("until"),
        tuple_(_c.issued_at, _c.id) > tuple_(bindparam("at"), bindparam("after")),
    )
    .order_by(_c.issued_at, _c.id)
    .limit(bindparam("most"))
)
_OF_QUOTES = select(*_ROW).where(_c.quote_number.in_(bindparam("quotes", expanding=True)))
_OF_KEYS = select(*_ROW).where(_c.transfer_key.in_(bindparam("keys", expanding=True)))

# What is settled stays as it is, also where two have found it at once.
_RECORD = (
    update(handoff)
    .where(_c.id == bindparam("the_id"), _c.resolved_at.is_(None))
    .values(
        outcome=bindparam("the_outcome"),
        orders=bindparam("the_orders", type_=_c.orders.type),
        differences=bindparam("the_differences", type_=_c.differences.type),
        next_check_at=bindparam("the_ask_at"),
        resolved_at=case((bindparam("is_settled"), NOW), else_=None),
    )
)

_WANT_IN_PERIOD = update(handoff).where(*_in_period, *_led_to_order).values(order_comment="due")
_WANT_OF_KEYS = (
    update(handoff)
    .where(_c.transfer_key.in_(bindparam("keys", expanding=True)), *_led_to_order)
    .values(order_comment="due")
)
_TO_ANNOTATE = (
    select(*_ROW)
    .where(_to_annotate, _c.id > bindparam("after"))
    .order_by(_c.id)
    .limit(bindparam("most"))
)
_COUNT_TO_ANNOTATE = select(func.count()).select_from(handoff).where(_to_annotate)
_ANNOTATED = update(handoff).where(_c.id == bindparam("the_id")).values(order_comment="done")

_PAGE = 300  # rows that are read, and written, at once: the service waits for some milliseconds


class ReconciliationRepository:
    """Reads what is to be reconciled and writes what was found, in short transactions."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Take a clock where not the database's own is to count."""
        self._database = database
        self._clock = clock

    def due(self, period: IssuePeriod | None = None) -> Iterator[list[Passage]]:
        """Give the open passages whose time has come, page by page, each passage once.

        With a period, only those that were issued in it.
        """
        statement = _DUE if period is None else _DUE.where(*_in_period)
        values = {**now_parameter(self._clock), "at": -1, "after": "", **_bounds(period)}
        while rows := self._read(statement, {**values, "most": _PAGE}):
            yield rows
            values |= {"at": rows[-1].next_check_at, "after": rows[-1].id}

    def count_due(self, period: IssuePeriod | None = None) -> int:
        """Return how many passages `due` would give now."""
        statement = _COUNT_DUE if period is None else _COUNT_DUE.where(*_in_period)
        values = {**now_parameter(self._clock), **_bounds(period)}
        with self._database.reading() as connection:
            return int(connection.execute(statement, values).scalar_one())

    def issued(self, period: IssuePeriod) -> Iterator[list[Passage]]:
        """Give all passages that were issued in a period, page by page, the oldest first."""
        values = {"until": period.until, "at": period.since, "after": "", "most": _PAGE}
        while rows := self._read(_ISSUED, values):
            yield rows
            values |= {"at": rows[-1].issued_at, "after": rows[-1].id}

    def of_quotes(self, numbers: Collection[int]) -> list[Passage]:
        """Give all passages of some quotes, superseded ones too."""
        return self._read(_OF_QUOTES, {"quotes": list(numbers)})

    def of_keys(self, keys: Collection[str]) -> list[Passage]:
        """Give all passages of some transfers, superseded ones too."""
        return self._read(_OF_KEYS, {"keys": list(keys)})

    def record(self, findings: Iterable[OrderFinding], *, annotate: bool = False) -> None:
        """Write findings down, all or none; with `annotate`, orders among them are to be annotated.

        Not durable: what a power cut takes is found again.
        """
        now = now_parameter(self._clock)
        rows = [{**_as_values(finding), **now} for finding in findings]
        ordered = [row["the_id"] for row in rows if row["the_orders"]]
        if not rows:
            return

        def work(connection: Connection) -> None:
            connection.execute(_RECORD, rows)
            if annotate and ordered:
                wanted = update(handoff).where(_c.id.in_(ordered), *_led_to_order)
                connection.execute(wanted.values(order_comment="due"))

        self._database.write(work, durable=False)

    def want_annotated(self, wanted: IssuePeriod | Collection[str]) -> None:
        """Let the recorded orders of a period, or of some keys, be annotated that are not yet."""
        if isinstance(wanted, IssuePeriod):
            self._write(_WANT_IN_PERIOD, _bounds(wanted))
        else:
            self._write(_WANT_OF_KEYS, {"keys": list(wanted)})

    def to_annotate(self, most: int) -> Iterator[list[Passage]]:
        """Give the passages whose orders are to be annotated, page by page, each passage once."""
        after = ""
        while rows := self._read(_TO_ANNOTATE, {"after": after, "most": most}):
            yield rows
            after = rows[-1].id

    def count_to_annotate(self) -> int:
        """Return how many passages `to_annotate` would give now."""
        with self._database.reading() as connection:
            return int(connection.execute(_COUNT_TO_ANNOTATE).scalar_one())

    def annotated(self, passage: Passage) -> None:
        """Note that a passage's orders bear its reference."""
        self._write(_ANNOTATED, {"the_id": passage.id})

    def _write(self, statement: Any, values: dict[str, Any]) -> None:
        self._database.write(
            lambda connection: connection.execute(statement, values), durable=False
        )

    def _read(self, statement: Any, values: dict[str, Any]) -> list[Passage]:
        with self._database.reading() as connection:
            return [Passage(**row._mapping) for row in connection.execute(statement, values)]


def _bounds(period: IssuePeriod | None) -> dict[str, Any]:
    return {} if period is None else {"since": period.since, "until": period.until}


def _as_values(finding: OrderFinding) -> dict[str, Any]:
    return {
        "the_id": finding.passage.id,
        "the_outcome": finding.outcome.value if finding.outcome else None,
        "the_orders": finding.orders,
        "the_differences": finding.differences,
        "the_ask_at": finding.next_check_at,
        "is_settled": finding.outcome is not None,
    }

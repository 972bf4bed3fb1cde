"""Reads handoffs for reconciliation, page by page, and records what reconciliation finds.

A handoff is due at `next_check_at`. An index finds the handoffs that are due, so a run reads no
others. No write is durable: if a power failure loses one, the next run repeats it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from handoff.ledger.database import NOW, Database
from handoff.ledger.handoff_repository import HANDOFF_COLUMNS, iterate_handoffs, read_handoffs
from handoff.ledger.models import (
    Handoff,
    IssuePeriod,
    OrderFinding,
    OrderOutcome,
    list_uncancelled_orders,
)
from handoff.ledger.row_parser import MAX_TIME, UnreadableCallback, ignore_unreadable, parse_row
from handoff.ledger.tables import handoff, simplified_reference
from handoff.ledger.webhook_outbox_writer import WebhookOutboxWriter
from handoff.problems import RecordUnreadable

_PAGE_SIZE = 300  # handoffs that are read or written at once; the service waits milliseconds

_c = handoff.c
_is_due = _c.next_check_at <= NOW
_is_open = _c.next_check_at.is_not(None)
# A literal, because SQLite would not use the partial index for a parameter.
_is_comment_due: sa.ColumnElement[bool] = _c.order_comment == sa.literal_column("'due'")
_REQUEST_COMMENT = (
    sa.update(handoff)
    .where(
        _c.outcome.in_([OrderOutcome.MATCHED.value, OrderOutcome.DIFFERS.value]),
        _c.reference.is_not(None),
        _c.order_comment.is_(None),
    )
    .values(order_comment="due")
)


class ReconciliationRepository:
    """Reads handoffs to reconcile and records findings, in short transactions.

    `outbox` is None if no webhook is configured. A handoff that cannot be read is passed to
    `on_unreadable` and left out.
    """

    def __init__(
        self,
        database: Database,
        outbox: WebhookOutboxWriter | None = None,
        on_unreadable: UnreadableCallback = ignore_unreadable,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._on_unreadable = on_unreadable

    def iterate_due_handoffs(self) -> Iterator[list[Handoff]]:
        """Yield pages of the handoffs that are due, the longest due first.

        A damaged time, such as a text, sorts after all times. It is read last, to be reported.
        """
        for is_included in (_is_due, _c.next_check_at > MAX_TIME):
            yield from self._iterate(is_included, order_by=(_c.next_check_at, _c.id))

    def count_due_handoffs(self) -> int:
        """Return how many handoffs `iterate_due_handoffs` would yield now."""
        return self._count_handoffs(_is_due)

    def iterate_open_handoffs(self, period: IssuePeriod) -> Iterator[list[Handoff]]:
        """Yield pages of the handoffs of a period that may still change, due or not."""
        conditions = [_is_open, *_build_period_conditions(period)]
        return self._iterate(*conditions, order_by=(_c.issued_at, _c.id))

    def count_handoffs_to_check(self, period: IssuePeriod) -> int:
        """Return how many handoffs `iterate_open_handoffs` would yield now."""
        return self._count_handoffs(_is_open, *_build_period_conditions(period))

    def iterate_issued_handoffs(self, period: IssuePeriod) -> Iterator[list[Handoff]]:
        """Yield pages of all handoffs that were issued in a period, the oldest first."""
        return self._iterate(*_build_period_conditions(period), order_by=(_c.issued_at, _c.id))

    def find_by_quotes(self, quote_numbers: Collection[int]) -> list[Handoff]:
        """Return all handoffs of some quotes, superseded ones too.

        Those of a quote are left out if one of them cannot be read: it may be the one that was
        ordered.
        """
        statement = sa.select(*HANDOFF_COLUMNS).where(_c.quote_number.in_(quote_numbers))
        found, unreadable = [], set()
        for row in self._database.fetch_rows(statement):
            try:
                found.append(parse_row(Handoff, row))
            except RecordUnreadable as error:
                self._on_unreadable(error)
                unreadable.add(row["quote_number"])
        return [each for each in found if each.quote_number not in unreadable]

    def find_by_transfer_keys(self, keys: Collection[str]) -> list[Handoff]:
        """Return all handoffs of some transfers, superseded ones too."""
        statement = sa.select(*HANDOFF_COLUMNS).where(_c.transfer_key.in_(keys))
        return read_handoffs(self._database, statement, self._on_unreadable)

    def find_by_references(self, references: Collection[str]) -> list[Handoff]:
        """Return all handoffs with these references; case and hyphens do not matter."""
        searched = [sa.func.lower(sa.func.replace(text, "-", "")) for text in references]
        statement = sa.select(*HANDOFF_COLUMNS).where(simplified_reference.in_(searched))
        return read_handoffs(self._database, statement, self._on_unreadable)

    def record_findings(
        self, findings: Iterable[OrderFinding], *, request_comments: bool = False
    ) -> None:
        """Write findings, all or none, and request comments on their orders if asked to.

        A handoff that another run or purging has changed since it was read stays as it is.
        """
        found = list(findings)
        ordered = [finding.handoff.id for finding in found if finding.outcome and finding.orders]

        def work(connection: sa.Connection) -> None:
            for finding in found:
                resolved_at = finding.handoff.resolved_at
                statement = sa.update(handoff).where(
                    _c.id == finding.handoff.id,
                    _c.resolved_at.is_not_distinct_from(resolved_at),
                    _c.anonymised_at.is_(None),
                )
                statement = statement.values(_build_finding_values(finding))
                result = connection.execute(statement)
                if self._outbox and result.rowcount:
                    self._outbox.add_order_events(connection, finding.handoff, finding.orders)
                    self._outbox.add_difference_event_if_new(connection, finding)
            if request_comments and ordered:
                connection.execute(_REQUEST_COMMENT.where(_c.id.in_(ordered)))

        if found:
            self._database.write(work, durable=False)

    def request_comments(self, handoffs: IssuePeriod | Collection[str]) -> None:
        """Request a comment on orders of a period, or of transfer keys, that have none."""
        if isinstance(handoffs, IssuePeriod):
            statement = _REQUEST_COMMENT.where(*_build_period_conditions(handoffs))
        else:
            statement = _REQUEST_COMMENT.where(_c.transfer_key.in_(handoffs))
        self._database.execute(statement, durable=False)

    def iterate_comments_due(self, page_size: int) -> Iterator[list[Handoff]]:
        """Yield pages of the handoffs whose orders need a comment."""
        return self._iterate(_is_comment_due, order_by=(_c.id,), page_size=page_size)

    def count_comments_due(self) -> int:
        """Return how many handoffs `iterate_comments_due` would yield now."""
        return self._count_handoffs(_is_comment_due)

    def mark_commented(self, commented: Handoff) -> None:
        """Record that the orders of a handoff have their comment."""
        statement = sa.update(handoff).where(_c.id == commented.id).values(order_comment="done")
        self._database.execute(statement, durable=False)

    def _iterate(
        self,
        *conditions: sa.ColumnElement[bool],
        order_by: tuple[sa.Column[Any], ...],
        page_size: int | None = None,
    ) -> Iterator[list[Handoff]]:
        return iterate_handoffs(
            self._database,
            *conditions,
            order_by=order_by,
            page_size=page_size or _PAGE_SIZE,
            on_unreadable=self._on_unreadable,
        )

    def _count_handoffs(self, *conditions: sa.ColumnElement[bool]) -> int:
        statement = sa.select(sa.func.count()).select_from(handoff).where(*conditions)
        return int(self._database.fetch_value(statement))


def _build_period_conditions(period: IssuePeriod) -> list[sa.ColumnElement[bool]]:
    return [_c.issued_at >= period.since, _c.issued_at < period.until]


def _build_finding_values(finding: OrderFinding) -> dict[str, Any]:
    """Return the new values of the handoff. The time of an outcome stays if its orders do."""
    values = {
        "outcome": finding.outcome and finding.outcome.value,
        "orders": finding.orders,
        "differences": finding.differences,
        "next_check_at": finding.next_check_at,
    }
    before = finding.handoff
    known = {order["id"] for order in before.valid_orders}
    found = {order["id"] for order in list_uncancelled_orders(finding.orders)}
    if before.resolved_at is not None and (before.outcome, known) == (values["outcome"], found):
        return values
    return {**values, "resolved_at": NOW if finding.outcome else None, "order_comment": None}

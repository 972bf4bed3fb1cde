"""The deliveries in the ledger: which events wait for a receiver, and what became of them.

An event waits until all earlier events of its handoff are delivered to the same receiver. One that
cannot be read is set aside, because it would stay the first of its handoff for ever. No write is
durable: after a power failure an event may be sent again, with the same id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from handoff.ledger.database import NOW, Database
from handoff.ledger.row_parser import (
    JsonObjectText,
    TextValue,
    TimeValue,
    UnreadableCallback,
    WholeNumber,
    ignore_unreadable,
    parse_rows,
    select_fields,
)
from handoff.ledger.tables import webhook_event
from handoff.problems import RecordUnreadable

BATCH_SIZE = 100
"""Events that are read at once."""

_SECOND, _MINUTE, _DAY = 1_000, 60_000, 24 * 3_600_000  # milliseconds
_EARLY_ATTEMPTS = 60  # at most a minute apart, so that a short outage is over soon

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """An event that waits for a receiver; `attempt_count` attempts have failed."""

    sequence: WholeNumber
    id: TextValue
    handoff_id: TextValue
    type: TextValue
    payload: JsonObjectText
    created_at: TimeValue
    attempt_count: WholeNumber
    next_attempt_at: TimeValue


_c = webhook_event.c
_first = webhook_event.alias("first")
_is_waiting = sa.and_(_c.delivered_at.is_(None), _c.set_aside_at.is_(None))
# Not "receiver": in an UPDATE, that name is the one of the column's new value.
_of_receiver = _c.receiver == sa.bindparam("receiver_key")
# Not EXISTS: for that, PostgreSQL without statistics compares every event with every other one.
_first_of_handoff = (
    sa.select(sa.func.min(_first.c.sequence))
    .where(
        _first.c.receiver == _c.receiver,
        _first.c.handoff_id == _c.handoff_id,
        _first.c.delivered_at.is_(None),
        _first.c.set_aside_at.is_(None),
    )
    .scalar_subquery()
)
# A time beyond the longest delay is damaged, or was written before the clock was set back.
_is_due = sa.or_(_c.next_attempt_at <= NOW, _c.next_attempt_at > NOW + _DAY)
_DUE = (
    select_fields(QueuedEvent, webhook_event)
    .where(_of_receiver, _is_waiting, _is_due, _c.sequence == _first_of_handoff)
    .order_by(_c.next_attempt_at, _c.sequence)
    .limit(BATCH_SIZE)
)
_is_event = _c.sequence == sa.bindparam("event")
_MARK_DELIVERED = (
    sa.update(webhook_event).where(_is_event).values(delivered_at=NOW, last_attempt_at=NOW)
)
_SET_ASIDE = sa.update(webhook_event).where(_is_event).values(set_aside_at=NOW)
_POSTPONE = (
    sa.update(webhook_event)
    .where(_is_event)
    .values(
        attempt_count=_c.attempt_count + 1,
        last_attempt_at=NOW,
        last_failure=sa.bindparam("reason"),
        next_attempt_at=NOW + sa.bindparam("delay", type_=sa.BigInteger),
    )
)
_MAKE_DUE_NOW = (
    sa.update(webhook_event)
    .where(_of_receiver, _is_waiting, _c.next_attempt_at.between(NOW + 1, NOW + _DAY))
    .values(next_attempt_at=NOW)
)
# An event is ignored if its time is damaged, or is from before the clock was set back.
_past_creation = sa.case((_c.created_at.between(0, NOW), _c.created_at))
_LAG = (
    sa.select(
        _c.receiver,
        sa.func.count().label("waiting_count"),
        (NOW - sa.func.min(_past_creation)).label("age"),
    )
    .where(_c.receiver.in_(sa.bindparam("receivers", expanding=True)), _is_waiting)
    .group_by(_c.receiver)
)


@dataclass(frozen=True, slots=True)
class QueueLag:
    """How many events of a receiver wait, and for how many seconds the oldest has waited."""

    waiting_count: int = 0
    oldest_seconds: float = 0.0


def compute_delay(attempt_count: int) -> int:
    """Return the milliseconds until the next attempt after this number of failed attempts.

    The delay doubles from 5 seconds to a minute, stays there for about an hour, and doubles again
    up to a day.
    """
    if attempt_count <= _EARLY_ATTEMPTS:
        return int(min(5 * _SECOND * 2 ** (attempt_count - 1), _MINUTE))
    return int(min(_MINUTE * 2 ** min(attempt_count - _EARLY_ATTEMPTS, 20), _DAY))


class DeliveryRepository:
    """The events that wait for the receivers in one ledger.

    An event that cannot be read is passed to `on_unreadable`, by its `sequence`.
    """

    def __init__(
        self, database: Database, on_unreadable: UnreadableCallback = ignore_unreadable
    ) -> None:
        self._database = database
        self._on_unreadable = on_unreadable

    def find_due(self, receiver: str) -> list[QueuedEvent]:
        """Return a batch of events that may be sent now, at most one of each handoff.

        Those that cannot be read are logged and set aside.
        """
        unreadable: list[RecordUnreadable] = []
        rows = self._database.fetch_rows(_DUE, receiver_key=receiver)
        events = parse_rows(QueuedEvent, rows, unreadable.append)
        for error in unreadable:
            self._set_aside(error)
        return events if events or not rows else self.find_due(receiver)

    def mark_delivered(self, event: QueuedEvent) -> None:
        """Record that the receiver has accepted an event."""
        self._write(_MARK_DELIVERED, event=event.sequence)

    def postpone(self, event: QueuedEvent, reason: str) -> None:
        """Record that an attempt has failed, and why; the next one is later than the last time."""
        delay = compute_delay(event.attempt_count + 1)
        self._write(_POSTPONE, event=event.sequence, delay=delay, reason=reason)

    def make_due_now(self, receiver: str) -> None:
        """Make all events of a receiver due that wait for their next attempt."""
        self._write(_MAKE_DUE_NOW, receiver_key=receiver)

    def measure_lags(self, receivers: Sequence[str]) -> dict[str, QueueLag]:
        """Return how far behind the delivery to each receiver is."""
        rows = self._database.fetch_rows(_LAG, receivers=list(receivers))
        measured = {
            row["receiver"]: QueueLag(row["waiting_count"], (row["age"] or 0) / 1000)
            for row in rows
        }
        return {receiver: measured.get(receiver, QueueLag()) for receiver in receivers}

    def _set_aside(self, unreadable: RecordUnreadable) -> None:
        self._write(_SET_ASIDE, event=unreadable.key)
        columns = list(unreadable.columns)
        log.error("webhook_set_aside", sequence=unreadable.key, columns=columns)
        self._on_unreadable(unreadable)

    def _write(self, statement: sa.Update, **values: str | int) -> None:
        self._database.execute(statement, durable=False, **values)

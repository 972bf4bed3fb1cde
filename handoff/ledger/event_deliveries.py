"""Reads which events of webhooks a handoff has caused, and whether they were delivered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from handoff.ledger.column_value_types import TextValue, TimeValue, WholeNumber
from handoff.ledger.database import Database
from handoff.ledger.row_parser import parse_rows
from handoff.ledger.tables import webhook_event

_c = webhook_event.c
_FIND = (
    sa.select(
        _c.handoff_id,
        _c.type,
        _c.receiver,
        _c.created_at,
        _c.attempt_count.label("failed_count"),
        _c.delivered_at,
    )
    .where(_c.handoff_id.in_(sa.bindparam("handoff_ids", expanding=True)))
    .order_by(_c.sequence)
)


@dataclass(frozen=True, slots=True)
class EventDelivery:
    """An event for one receiver; `failed_count` attempts have failed.

    `delivered_at` is None while the event waits.
    """

    handoff_id: TextValue
    type: TextValue
    receiver: TextValue
    created_at: TimeValue
    failed_count: WholeNumber
    delivered_at: TimeValue | None


def find_event_deliveries(
    database: Database, handoff_ids: Sequence[str]
) -> dict[str, list[EventDelivery]]:
    """Return the readable events by handoff id, the oldest first."""
    found: defaultdict[str, list[EventDelivery]] = defaultdict(list)
    with database.open_read_connection() as connection:
        rows = connection.execute(_FIND, {"handoff_ids": list(handoff_ids)}).mappings()
        for delivery in parse_rows(EventDelivery, rows):
            found[delivery.handoff_id].append(delivery)
    return dict(found)

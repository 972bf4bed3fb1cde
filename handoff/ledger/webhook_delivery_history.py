"""Reads which events of webhooks a handoff has caused, and what became of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from handoff.ledger.database import Database
from handoff.ledger.row_parser import (
    TextValue,
    TimeValue,
    UnreadableCallback,
    WholeNumber,
    ignore_unreadable,
    parse_rows,
    select_fields,
)
from handoff.ledger.tables import webhook_event


@dataclass(frozen=True, slots=True)
class EventDelivery:
    """An event for one receiver; `attempt_count` attempts have failed, the last for `last_failure`.

    It waits for the attempt at `next_attempt_at` until it has `delivered_at`, or `set_aside_at` if
    it cannot be read.
    """

    id: TextValue
    handoff_id: TextValue
    type: TextValue
    receiver: TextValue
    created_at: TimeValue
    attempt_count: WholeNumber
    last_attempt_at: TimeValue | None
    last_failure: TextValue | None
    next_attempt_at: TimeValue
    delivered_at: TimeValue | None
    set_aside_at: TimeValue | None


_c = webhook_event.c
_FIND = (
    select_fields(EventDelivery, webhook_event)
    .where(_c.handoff_id.in_(sa.bindparam("handoff_ids", expanding=True)))
    .order_by(_c.sequence)
)


def find_event_deliveries(
    database: Database,
    handoff_ids: Sequence[str],
    on_unreadable: UnreadableCallback = ignore_unreadable,
) -> dict[str, list[EventDelivery]]:
    """Return the events by handoff id, the oldest first.

    One that cannot be read is passed to `on_unreadable` by its id, and left out.
    """
    found: defaultdict[str, list[EventDelivery]] = defaultdict(list)
    rows = database.fetch_rows(_FIND, handoff_ids=list(handoff_ids))
    for delivery in parse_rows(EventDelivery, rows, on_unreadable):
        found[delivery.handoff_id].append(delivery)
    return dict(found)

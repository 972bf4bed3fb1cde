"""Finds links that expired before anybody used them, and adds their events to the outbox.

Only handoffs that were issued while a webhook was configured are watched.
"""

from __future__ import annotations

import sqlalchemy as sa

from handoff.ledger.database import NOW, Database
from handoff.ledger.handoff_repository import HANDOFF_COLUMNS
from handoff.ledger.models import Handoff
from handoff.ledger.row_parser import parse_rows
from handoff.ledger.tables import handoff
from handoff.ledger.webhook_outbox_writer import WebhookOutboxWriter

_BATCH = 100  # handoffs in one transaction; the service may wait a few milliseconds for it

_c = handoff.c
# A literal, because SQLite would not use the partial index for a parameter.
_is_expired: tuple[sa.ColumnElement[bool], ...] = (
    _c.expiry_event == sa.literal_column("'due'"),
    _c.used_at.is_(None),
    _c.superseded_at.is_(None),
    _c.expires_at <= NOW,
)
_some = sa.select(_c.id).where(*_is_expired).order_by(_c.expires_at).limit(_BATCH)
_MARK = (
    sa.update(handoff)
    .where(_c.id.in_(_some.scalar_subquery()), *_is_expired)
    .values(expiry_event="done")
    .returning(*HANDOFF_COLUMNS)
)
_FIND_ANY = sa.select(_c.id).where(*_is_expired).limit(1)


def add_next_events_of_expired_links(database: Database, outbox: WebhookOutboxWriter) -> int:
    """Add the events of one batch of expired links, each link once, and return their number."""

    def work(connection: sa.Connection) -> int:
        marked = connection.execute(_MARK).mappings().all()
        expired = parse_rows(Handoff, marked)
        for found in expired:
            outbox.add_expired_event(connection, found)
        return len(marked)

    if database.fetch_value(_FIND_ANY) is None:  # most often there is none
        return 0
    return database.write(work, durable=False)

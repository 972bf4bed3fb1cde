"""Decides when the pages for links may ask the shop for orders, and records the answers.

Anybody with a used link can open it as often as they like, and each time the page depends on an
order. One conditional UPDATE allows one lookup for a handoff in ten seconds, over all workers and
hosts. No write is durable: after a power failure, the shop is asked again.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from handoff.ledger.database import NOW, Database
from handoff.ledger.models import Handoff
from handoff.ledger.tables import handoff as handoff_table
from handoff.ledger.webhook_outbox_writer import WebhookOutboxWriter

LOOKUP_INTERVAL = 10
"""Seconds between two lookups of the orders of a handoff."""

LOOKUP_PERIOD = 24 * 3600
"""Seconds after the use of a link in which the orders of its handoff are looked up."""

_c = handoff_table.c
_has_id = _c.id == sa.bindparam("handoff_id")
# A time that is a little later than now is from a statement that began after this one and was
# executed first. One that is much later is from a clock that was set back since.
_was_looked_up = _c.orders_looked_up_at.between(
    NOW - LOOKUP_INTERVAL * 1000 + 1, NOW + LOOKUP_INTERVAL * 1000 - 1
)

_BEGIN = (
    sa.update(handoff_table)
    .where(
        _has_id,
        _c.used_at > NOW - LOOKUP_PERIOD * 1000,
        sa.or_(_c.orders_looked_up_at.is_(None), sa.not_(_was_looked_up)),
    )
    .values(orders_looked_up_at=NOW)
)

# Reconciliation compares the bag with the orders, at once if something settled is changed.
_RECORD = (
    sa.update(handoff_table)
    .where(_has_id, _c.anonymised_at.is_(None))
    .values(orders=sa.bindparam("found"), next_check_at=0, order_comment=None)
)


class OrderLookupRepository:
    """The lookups of orders of one service; `outbox` is None if no webhook is configured."""

    def __init__(self, database: Database, outbox: WebhookOutboxWriter | None = None) -> None:
        self._database = database
        self._outbox = outbox

    def can_look_up(self, handoff: Handoff) -> bool:
        """Return whether `claim_lookup` would have allowed a lookup when the handoff was read."""
        if handoff.used_at is None or handoff.used_at <= handoff.read_at - LOOKUP_PERIOD * 1000:
            return False
        last = handoff.orders_looked_up_at
        return last is None or abs(handoff.read_at - last) >= LOOKUP_INTERVAL * 1000

    def claim_lookup(self, handoff_id: str) -> bool:
        """Return whether the shop may be asked now; if so, no other caller may for ten seconds."""
        return self._database.execute(_BEGIN, handoff_id=handoff_id, durable=False) > 0

    def record_orders(self, handoff: Handoff, orders: list[dict[str, Any]]) -> None:
        """Keep the orders of a handoff's quote, and let reconciliation check it at once."""
        values = {"handoff_id": handoff.id, "found": orders or None}

        def work(connection: sa.Connection) -> None:
            is_recorded = connection.execute(_RECORD, values).rowcount
            if self._outbox and is_recorded:
                self._outbox.add_order_events(connection, handoff, orders)

        self._database.write(work, durable=False)

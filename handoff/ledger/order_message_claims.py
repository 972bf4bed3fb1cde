"""Decides which page of a web view tells the app about an order.

One conditional UPDATE decides, before the page tells the app anything. A page that did not get the
answer may ask again under the same name.
"""

from __future__ import annotations

import sqlalchemy as sa

from handoff.ledger.database import Database
from handoff.ledger.tables import handoff

_c = handoff.c
_CLAIM = (
    sa.update(handoff)
    .where(
        _c.id == sa.bindparam("handoff_id"),
        sa.or_(
            _c.completed_order.is_distinct_from(sa.bindparam("order_number")),
            _c.completed_page == sa.bindparam("page"),
        ),
    )
    .values(completed_order=sa.bindparam("order_number"), completed_page=sa.bindparam("page"))
)


def claim_order_message(
    database: Database, handoff_id: str, *, order_number: str, page: str
) -> bool:
    """Return whether this page, and no other, tells the app about an order of a handoff."""
    count = database.execute(_CLAIM, handoff_id=handoff_id, order_number=order_number, page=page)
    return count > 0

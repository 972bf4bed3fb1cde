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


class CompletionClaimRepository:
    """The orders of one service's handoffs that a page has told the app about."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim_completion(self, handoff_id: str, *, order_number: str, page: str) -> bool:
        """Return whether this page, and no other, tells the app about the order."""
        count = self._database.execute(
            _CLAIM, handoff_id=handoff_id, order_number=order_number, page=page
        )
        return count > 0

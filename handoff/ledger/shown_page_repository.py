"""Records which result page a shopper saw last, for people who help this shopper.

A page can be opened as often as anybody likes. So the same page is recorded once in ten seconds.
No write is durable: after a power failure, only an answer of the support desk is missing.
"""

from __future__ import annotations

import sqlalchemy as sa

from handoff.ledger.database import NOW, Database
from handoff.ledger.models import Handoff
from handoff.ledger.tables import handoff as handoff_table

RECORD_INTERVAL = 10
"""Seconds in which the same page of a handoff is recorded once."""

_c = handoff_table.c
_RECORD = (
    sa.update(handoff_table)
    .where(_c.id == sa.bindparam("handoff_id"))
    .values(shown_page=sa.bindparam("code"), page_shown_at=NOW)
)


class ShownPageRepository:
    """The result pages that the handoffs of one service have led to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, handoff: Handoff, code: str) -> None:
        """Record that a page was shown, by its code. Raises LedgerUnavailable."""
        if handoff.shown_page == code and _is_recent(handoff):
            return
        self._database.execute(_RECORD, durable=False, handoff_id=handoff.id, code=code)


def _is_recent(handoff: Handoff) -> bool:
    # A time that is much later than now is from a clock that was set back since.
    return abs(handoff.read_at - (handoff.page_shown_at or 0)) < RECORD_INTERVAL * 1000

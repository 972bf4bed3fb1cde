"""Records which result page a link showed last, for people who help the shopper.

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


def record_shown_page(database: Database, handoff: Handoff, code: str) -> None:
    """Record that a page was shown, by its code. Raises LedgerUnavailable."""
    # A time that is much later than now is from a clock that was set back since.
    age = abs(handoff.read_at - (handoff.page_shown_at or 0))
    if handoff.shown_page != code or age >= RECORD_INTERVAL * 1000:
        database.execute(_RECORD, durable=False, handoff_id=handoff.id, code=code)

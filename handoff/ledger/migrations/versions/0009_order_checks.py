"""Let reconciliation check resolved handoffs again, and add the time of the last order lookup.

A handoff that was ordered within the last 30 days is due at once: its order may have been cancelled
since. Workers of the older version go on working. Their `reconcile` checks no resolved handoff.
"""

import time

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_QUOTE_LIFETIME = 30 * 24 * 3600 * 1000  # milliseconds
_COLUMNS = ("issued_at", "orders", "resolved_at", "anonymised_at", "next_check_at", "check_at")
_HANDOFF = sa.table("handoff", *(sa.column(name) for name in _COLUMNS))


def upgrade() -> None:
    op.add_column("handoff", sa.Column("orders_looked_up_at", sa.BigInteger))
    # SQLite cannot remove NOT NULL from a column, so a new column takes its place.
    op.drop_index("handoff_unresolved", "handoff")
    op.add_column("handoff", sa.Column("check_at", sa.BigInteger, server_default="0"))
    _compute_check_times()
    op.execute("ALTER TABLE handoff DROP COLUMN next_check_at")
    op.execute("ALTER TABLE handoff RENAME COLUMN check_at TO next_check_at")
    condition = sa.text("next_check_at IS NOT NULL")
    op.create_index(
        "handoff_check_due",
        "handoff",
        ["next_check_at", "id"],
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _compute_check_times() -> None:
    c, update = _HANDOFF.c, sa.update(_HANDOFF)
    oldest = int(time.time() * 1000) - _QUOTE_LIFETIME
    was_ordered_lately = sa.and_(
        c.orders.is_not(None), c.anonymised_at.is_(None), c.issued_at >= oldest
    )
    op.execute(update.where(c.resolved_at.is_(None)).values(check_at=c.next_check_at))
    is_final = sa.and_(c.resolved_at.is_not(None), sa.not_(was_ordered_lately))
    op.execute(update.where(is_final).values(check_at=None))

"""Rename columns and tables to the words that the code and the documentation use."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_COLUMNS = {
    "key": "transfer_key",
    "content": "content_hash",
    "store": "store_code",
    "spent_at": "used_at",
    "bound_at": "session_written_at",
    "reopened": "reopen_count",
    "opener_hash": "web_view_hash",
    "ask_at": "next_check_at",
    "settled_at": "resolved_at",
    "annotation": "order_comment",
    "reduced_at": "anonymised_at",
}
_INDEXES = (
    ("handoff_key", "handoff_transfer_key", ["transfer_key"], None),
    ("handoff_open", "handoff_unresolved", ["next_check_at", "id"], "resolved_at IS NULL"),
    ("handoff_to_annotate", "handoff_comment_due", ["id"], "order_comment = 'due'"),
    ("handoff_whole", "handoff_not_anonymised", ["issued_at", "id"], "anonymised_at IS NULL"),
)
_CURRENT = sa.text("superseded_at IS NULL")


def upgrade() -> None:
    for old, _new, _columns, _condition in _INDEXES:
        op.drop_index(old, "handoff")
    op.drop_index("one_current_per_key", "handoff")
    for old, new in _COLUMNS.items():
        op.execute(f"ALTER TABLE handoff RENAME COLUMN {old} TO {new}")
    for _old, new, columns, condition in _INDEXES:
        where = None if condition is None else sa.text(condition)
        op.create_index(new, "handoff", columns, sqlite_where=where, postgresql_where=where)
    op.create_index(
        "one_current_per_transfer_key",
        "handoff",
        ["transfer_key"],
        unique=True,
        sqlite_where=_CURRENT,
        postgresql_where=_CURRENT,
    )
    # A lease lives for seconds, so nothing of the old table is worth keeping.
    op.drop_table("claim")
    op.create_table(
        "lease",
        sa.Column("key", sa.String(80), primary_key=True),
        sa.Column("holder", sa.String(32), nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )

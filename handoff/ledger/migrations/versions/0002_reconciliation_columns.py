"""Add the columns of reconciliation and purging, and the indexes that both use."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # Nullable or with a default, so that a service of the older version can go on writing.
    for column in (
        sa.Column("outcome", sa.String(16)),
        sa.Column("orders", sa.JSON),
        sa.Column("differences", sa.JSON),
        sa.Column("ask_at", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("settled_at", sa.BigInteger),
        sa.Column("annotation", sa.String(4)),
        sa.Column("reduced_at", sa.BigInteger),
    ):
        op.add_column("handoff", column)
    for name, columns, condition in (
        ("handoff_key", ["key"], None),
        ("handoff_quote_number", ["quote_number"], None),
        ("handoff_issued_at", ["issued_at", "id"], None),
        ("handoff_open", ["ask_at", "id"], "settled_at IS NULL"),
        ("handoff_to_annotate", ["id"], "annotation = 'due'"),
        ("handoff_whole", ["issued_at", "id"], "reduced_at IS NULL"),
    ):
        where = None if condition is None else sa.text(condition)
        op.create_index(name, "handoff", columns, sqlite_where=where, postgresql_where=where)

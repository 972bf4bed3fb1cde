"""Create the first tables: handoff and claim."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_CURRENT = sa.text("superseded_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "handoff",
        sa.Column("id", sa.String(22), primary_key=True),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("reference", sa.String(36)),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("store", sa.String(64), nullable=False),
        sa.Column("quote_number", sa.BigInteger, nullable=False),
        sa.Column("customer_id", sa.BigInteger),
        sa.Column("customer_group_id", sa.Integer),
        sa.Column("bag", sa.JSON, nullable=False),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("superseded_at", sa.BigInteger),
        sa.Column("spent_at", sa.BigInteger),
        sa.Column("bound_at", sa.BigInteger),
        sa.Column("reopened", sa.Integer, nullable=False),
        sa.Column("opener_hash", sa.String(64)),
    )
    for column in ("key", "quote_number"):
        op.create_index(
            f"one_current_per_{column}",
            "handoff",
            [column],
            unique=True,
            sqlite_where=_CURRENT,
            postgresql_where=_CURRENT,
        )
    op.create_table(
        "claim",
        sa.Column("key", sa.String(80), primary_key=True),
        sa.Column("holder", sa.String(32), nullable=False),
        sa.Column("lease_until", sa.BigInteger, nullable=False),
    )

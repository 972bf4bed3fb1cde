"""Add the order that a page has told the app about, and the refused transfers."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("handoff", sa.Column("completed_order", sa.String(50)))
    op.add_column("handoff", sa.Column("completed_page", sa.String(32)))
    op.create_table(
        "refused_transfer",
        sa.Column("transfer_key", sa.String(64), primary_key=True),
        sa.Column("reference", sa.String(36), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("skus", sa.JSON, nullable=False),
        sa.Column("refused_at", sa.BigInteger, nullable=False),
    )
    op.create_index("refused_transfer_refused_at", "refused_transfer", ["refused_at"])

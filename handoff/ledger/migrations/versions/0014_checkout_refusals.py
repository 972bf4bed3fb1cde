"""Add the counter of refused checkouts: a change tells all workers to forget accepted bags."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "checkout_refusals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("refusal_count", sa.BigInteger, nullable=False),
    )

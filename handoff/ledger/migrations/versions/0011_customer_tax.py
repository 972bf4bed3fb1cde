"""Add what decides the tax in the prices that a customer sees on the website."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("handoff", sa.Column("customer_tax", sa.JSON))

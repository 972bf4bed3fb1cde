"""Add the shop's visitor, with which a password change ends the shop session."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("handoff", sa.Column("visitor_id", sa.BigInteger))

"""Add the table of the administrator's logins that the shop has refused."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "login_block",
        sa.Column("login_hash", sa.String(64), primary_key=True),
        sa.Column("blocked_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("refusal_count", sa.Integer, nullable=False),
    )

"""Create the table tally, in which rate limits by the minute were counted."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "tally",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("minute", sa.BigInteger, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_index("tally_minute", "tally", ["minute"])

"""Drop the table of the rate limits, which are counted outside the ledger now."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.drop_table("tally")

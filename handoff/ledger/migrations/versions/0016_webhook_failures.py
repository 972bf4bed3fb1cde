"""Keep the last attempt to send an event, why it failed, and which events cannot be read."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    for column in (
        sa.Column("last_attempt_at", sa.BigInteger),
        sa.Column("last_failure", sa.Text),
        sa.Column("set_aside_at", sa.BigInteger),
    ):
        op.add_column("webhook_event", column)

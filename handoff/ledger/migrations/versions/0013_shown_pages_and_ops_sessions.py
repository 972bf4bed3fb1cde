"""Add what a support desk asks for: reopening, the page that was shown, ended ops sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("handoff", sa.Column("reopened_at", sa.BigInteger))
    op.add_column("handoff", sa.Column("shown_page", sa.String(32)))
    op.add_column("handoff", sa.Column("page_shown_at", sa.BigInteger))
    op.create_index("webhook_event_handoff", "webhook_event", ["handoff_id", "sequence"])
    op.create_table(
        "ended_ops_session",
        sa.Column("session_hash", sa.String(64), primary_key=True),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )

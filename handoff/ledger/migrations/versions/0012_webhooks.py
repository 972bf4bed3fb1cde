"""Add the outbox of the webhooks, and which handoffs are watched for the end of their link."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_UNDELIVERED = sa.text("delivered_at IS NULL")
_WATCHED = sa.text("expiry_event = 'due' AND used_at IS NULL AND superseded_at IS NULL")


def upgrade() -> None:
    op.add_column("handoff", sa.Column("expiry_event", sa.String(4)))
    _create_partial_index("handoff_expiry_due", "handoff", ["expires_at", "id"], _WATCHED)
    op.create_table(
        "webhook_event",
        sa.Column(
            "sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True
        ),
        sa.Column("receiver", sa.String(64), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("handoff_id", sa.String(22), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("attempt_count", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger, nullable=False),
        sa.Column("delivered_at", sa.BigInteger),
    )
    table = "webhook_event"
    op.create_index("webhook_event_id", table, ["receiver", "id"], unique=True)
    op.create_index("webhook_event_created_at", table, ["created_at"])
    op.create_index("webhook_event_delivered_at", table, ["delivered_at"])
    for name, columns in (
        ("webhook_event_due", ["receiver", "next_attempt_at", "sequence"]),
        ("webhook_event_of_handoff", ["receiver", "handoff_id", "sequence"]),
    ):
        _create_partial_index(name, table, columns, _UNDELIVERED)


def _create_partial_index(
    name: str, table: str, columns: list[str], condition: sa.TextClause
) -> None:
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)

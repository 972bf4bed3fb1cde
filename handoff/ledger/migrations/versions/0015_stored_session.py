"""Add the table of encrypted session ids, for shops that make the sessions themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "stored_session",
        sa.Column("handoff_id", sa.String(22), primary_key=True),
        sa.Column("ciphertext", sa.Text, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("erase_at", sa.BigInteger, nullable=False),
    )
    op.create_index("stored_session_erase_at", "stored_session", ["erase_at"])

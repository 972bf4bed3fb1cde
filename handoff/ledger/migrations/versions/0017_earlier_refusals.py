"""Let a reference keep several refused transfers: give each row a number as its key."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    # SQLite cannot change the primary key of a table.
    op.execute("CREATE TABLE refused_transfer_copy AS SELECT * FROM refused_transfer")
    op.drop_table("refused_transfer")
    op.create_table(
        "refused_transfer",
        sa.Column(
            "sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True
        ),
        sa.Column("transfer_key", sa.String(64), nullable=False),
        sa.Column("reference", sa.String(36), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("skus", sa.JSON, nullable=False),
        sa.Column("refused_at", sa.BigInteger, nullable=False),
    )
    op.create_index("refused_transfer_refused_at", "refused_transfer", ["refused_at"])
    op.create_index("refused_transfer_key", "refused_transfer", ["transfer_key", "sequence"])
    op.execute(
        "INSERT INTO refused_transfer (transfer_key, reference, code, skus, refused_at) "
        "SELECT transfer_key, reference, code, skus, refused_at FROM refused_transfer_copy "
        "ORDER BY refused_at"
    )
    op.drop_table("refused_transfer_copy")

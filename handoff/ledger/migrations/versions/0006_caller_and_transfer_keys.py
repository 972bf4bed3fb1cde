"""Add the caller, and compute every transfer key again: references that differ are different.

Workers of the older version can open links afterwards. They can make no transfer, because the
renamed column of the leases stops it before anything is stored under a key of the old form.
"""

import hashlib
import json
import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_OWNER = "poq"  # the caller of all keys that have no name
_UUID = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}(?:\1[0-9a-f]{4}){2}\1[0-9a-f]{12}", re.IGNORECASE)
_BATCH = 1000  # rows
_CURRENT = sa.text("superseded_at IS NULL")
_SEARCHED = sa.text("lower(replace(reference, '-', ''))")
_COLUMNS = ("id", "transfer_key", "reference", "kind", "quote_number")
_HANDOFF = sa.table("handoff", *(sa.column(name) for name in _COLUMNS))


def upgrade() -> None:
    op.add_column("handoff", sa.Column("caller", sa.String(32), server_default=_OWNER))
    op.drop_index("one_current_per_transfer_key", "handoff")
    op.drop_index("handoff_transfer_key", "handoff")
    _compute_transfer_keys(op.get_bind())
    op.create_index(
        "one_current_per_transfer_key",
        "handoff",
        ["transfer_key"],
        unique=True,
        sqlite_where=_CURRENT,
        postgresql_where=_CURRENT,
    )
    op.create_index("handoff_transfer_key", "handoff", ["transfer_key"])
    op.create_index("handoff_reference", "handoff", [_SEARCHED])
    # A lease lives for seconds, so nothing of the old table is worth keeping.
    op.drop_table("lease")
    op.create_table(
        "lease",
        sa.Column("key_hash", sa.String(80), primary_key=True),
        sa.Column("holder", sa.String(32), nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )


def _compute_transfer_keys(connection: sa.Connection) -> None:
    c = _HANDOFF.c
    page = sa.select(c.id, c.reference, c.kind, c.quote_number).order_by(c.id).limit(_BATCH)
    update = sa.update(_HANDOFF).where(c.id == sa.bindparam("row_id"))
    update = update.values(transfer_key=sa.bindparam("new_key"))
    rows = connection.execute(page).all()
    while rows:
        keys = [{"row_id": row.id, "new_key": _compute_transfer_key(row)} for row in rows]
        connection.execute(update, keys)
        rows = connection.execute(page.where(c.id > rows[-1].id)).all()


def _compute_transfer_key(row: Any) -> str:
    parts: list[str | int]
    if row.reference is None:
        parts = [_OWNER, row.kind, row.quote_number]
    elif _UUID.fullmatch(row.reference):
        parts = [_OWNER, "reference", row.reference.replace("-", "").lower()]
    else:
        parts = [_OWNER, "reference", row.reference]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

"""The tables of the ledger. Times are whole milliseconds since 1970, UTC.

No credential is in here: neither tokens nor masked ids nor session ids, and of the opener only a
hash.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    text,
)

metadata = MetaData()

handoff = Table(
    "handoff",
    metadata,
    Column("id", String(22), primary_key=True),
    Column("key", String(80), nullable=False),
    Column("content", String(64), nullable=False),
    Column("reference", String(36)),
    Column("kind", String(8), nullable=False),
    Column("store", String(64), nullable=False),
    Column("quote_number", BigInteger, nullable=False),
    Column("customer_id", BigInteger),
    Column("customer_group_id", Integer),
    Column("bag", JSON, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("superseded_at", BigInteger),
    Column("spent_at", BigInteger),
    Column("bound_at", BigInteger),
    Column("reopened", Integer, nullable=False),
    Column("opener_hash", String(64)),
)

# One transfer, and one quote, has one current handoff. The database holds to it, whoever writes.
for column in (handoff.c.key, handoff.c.quote_number):
    Index(
        f"one_current_per_{column.name}",
        column,
        unique=True,
        sqlite_where=text("superseded_at IS NULL"),
    )

claim = Table(
    "claim",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("holder", String(32), nullable=False),
    Column("lease_until", BigInteger, nullable=False),
)

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
    # What reconciling has found. A row is open until it is settled, and asked about till then.
    Column("outcome", String(16)),
    Column("orders", JSON(none_as_null=True)),
    Column("differences", JSON(none_as_null=True)),
    Column("ask_at", BigInteger, nullable=False, server_default="0"),
    Column("settled_at", BigInteger),
    Column("annotation", String(4)),
    # When purging has reduced the row to its reference and its order.
    Column("reduced_at", BigInteger),
)

# One transfer, and one quote, has one current handoff. The database holds to it, whoever writes.
for column in (handoff.c.key, handoff.c.quote_number):
    Index(
        f"one_current_per_{column.name}",
        column,
        unique=True,
        sqlite_where=text("superseded_at IS NULL"),
        postgresql_where=text("superseded_at IS NULL"),
    )

# Reconciling and purging find their rows by these, however long the ledger is.
for name, columns, condition in (
    ("handoff_key", ("key",), None),
    ("handoff_quote_number", ("quote_number",), None),
    ("handoff_issued_at", ("issued_at", "id"), None),
    ("handoff_open", ("ask_at", "id"), "settled_at IS NULL"),
    ("handoff_to_annotate", ("id",), "annotation = 'due'"),
    ("handoff_whole", ("issued_at", "id"), "reduced_at IS NULL"),
):
    where = None if condition is None else text(condition)
    Index(name, *(handoff.c[each] for each in columns), sqlite_where=where, postgresql_where=where)

claim = Table(
    "claim",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("holder", String(32), nullable=False),
    Column("lease_until", BigInteger, nullable=False),
)

# How often something has happened within a minute, by a digest of who did it.
tally = Table(
    "tally",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("minute", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
)
Index("tally_minute", tally.c.minute)

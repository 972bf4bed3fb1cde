"""The tables of the ledger. Times are whole milliseconds since 1970, UTC.

No credential is stored: neither tokens nor masked ids, and of the web view's cookie only a hash.
Session ids are stored if the shop itself makes the sessions, encrypted under a key that is not in
the database.
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
    Text,
    literal_column,
    text,
)

metadata = MetaData()

handoff = Table(
    "handoff",
    metadata,
    Column("id", String(22), primary_key=True),
    Column("caller", String(32)),  # None after direct entry
    Column("transfer_key", String(80), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("reference", String(36)),
    Column("kind", String(8), nullable=False),
    Column("store_code", String(64), nullable=False),
    Column("quote_number", BigInteger, nullable=False),
    Column("customer_id", BigInteger),
    Column("customer_group_id", Integer),
    Column("visitor_id", BigInteger),
    Column("customer_tax", JSON(none_as_null=True)),
    Column("bag", JSON, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("superseded_at", BigInteger),
    Column("used_at", BigInteger),
    Column("session_written_at", BigInteger),
    Column("reopen_count", Integer, nullable=False),
    Column("reopened_at", BigInteger),
    Column("web_view_hash", String(64)),
    Column("outcome", String(16)),
    Column("orders", JSON(none_as_null=True)),
    Column("differences", JSON(none_as_null=True)),
    Column("orders_looked_up_at", BigInteger),
    Column("next_check_at", BigInteger, server_default="0"),
    Column("resolved_at", BigInteger),
    Column("order_comment", String(4)),
    Column("completed_order", String(50)),
    Column("completed_page", String(32)),
    Column("anonymised_at", BigInteger),
    Column("expiry_event", String(4)),
    Column("shown_page", String(32)),
    Column("page_shown_at", BigInteger),
)

# Each transfer and each quote has one current handoff; the database refuses a second one.
for column in (handoff.c.transfer_key, handoff.c.quote_number):
    Index(
        f"one_current_per_{column.name}",
        column,
        unique=True,
        sqlite_where=text("superseded_at IS NULL"),
        postgresql_where=text("superseded_at IS NULL"),
    )

# Reconciliation and purging find their rows by these, however large the ledger is.
for name, columns, condition in (
    ("handoff_transfer_key", ("transfer_key",), None),
    ("handoff_quote_number", ("quote_number",), None),
    ("handoff_issued_at", ("issued_at", "id"), None),
    ("handoff_check_due", ("next_check_at", "id"), "next_check_at IS NOT NULL"),
    ("handoff_comment_due", ("id",), "order_comment = 'due'"),
    ("handoff_not_anonymised", ("issued_at", "id"), "anonymised_at IS NULL"),
    (
        "handoff_expiry_due",
        ("expires_at", "id"),
        "expiry_event = 'due' AND used_at IS NULL AND superseded_at IS NULL",
    ),
):
    where = None if condition is None else text(condition)
    keys = [handoff.c[column_name] for column_name in columns]
    Index(name, *keys, sqlite_where=where, postgresql_where=where)

simplified_reference = literal_column("lower(replace(reference, '-', ''))", String)
"""A reference without case and hyphens, by which people search."""
Index("handoff_reference", simplified_reference, _table=handoff)

stored_session = Table(
    "stored_session",
    metadata,
    Column("handoff_id", String(22), primary_key=True),
    Column("ciphertext", Text, nullable=False),
    Column("ends_at", BigInteger, nullable=False),  # the earliest time at which the shop ends it
    Column("erase_at", BigInteger, nullable=False),
    Index("stored_session_erase_at", "erase_at"),
)

lease = Table(
    "lease",
    metadata,
    Column("key_hash", String(80), primary_key=True),
    Column("holder", String(32), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

login_block = Table(
    "login_block",
    metadata,
    Column("login_hash", String(64), primary_key=True),
    Column("blocked_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("refusal_count", Integer, nullable=False),
)

ended_ops_session = Table(
    "ended_ops_session",
    metadata,
    Column("session_hash", String(64), primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
)

# One row: all workers forget what checkout has accepted whenever the count changes.
checkout_refusals = Table(
    "checkout_refusals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("refusal_count", BigInteger, nullable=False),
)

# `sequence` is the order of writing.
refused_transfer = Table(
    "refused_transfer",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    Column("transfer_key", String(64), nullable=False),
    Column("reference", String(36), nullable=False),
    Column("code", String(32), nullable=False),
    Column("skus", JSON, nullable=False),
    Column("refused_at", BigInteger, nullable=False),
    Index("refused_transfer_refused_at", "refused_at"),
    Index("refused_transfer_key", "transfer_key", "sequence"),
)

# The webhooks' outbox: an event has a row for each receiver. `sequence` is the order of writing.
webhook_event = Table(
    "webhook_event",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    Column("receiver", String(64), nullable=False),
    Column("id", String(36), nullable=False),
    Column("handoff_id", String(22), nullable=False),
    Column("type", String(32), nullable=False),
    Column("payload", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("attempt_count", Integer, nullable=False),
    Column("next_attempt_at", BigInteger, nullable=False),
    Column("delivered_at", BigInteger),
    Column("last_attempt_at", BigInteger),
    Column("last_failure", Text),
    Column("set_aside_at", BigInteger),  # when it left the queue because it cannot be read
    Index("webhook_event_id", "receiver", "id", unique=True),
    Index("webhook_event_created_at", "created_at"),
    Index("webhook_event_handoff", "handoff_id", "sequence"),
    Index("webhook_event_delivered_at", "delivered_at"),
)
for name, index_columns in (
    ("webhook_event_due", ["receiver", "next_attempt_at", "sequence"]),
    ("webhook_event_of_handoff", ["receiver", "handoff_id", "sequence"]),
):
    where = text("delivered_at IS NULL")
    keys = [webhook_event.c[column_name] for column_name in index_columns]
    Index(name, *keys, sqlite_where=where, postgresql_where=where)

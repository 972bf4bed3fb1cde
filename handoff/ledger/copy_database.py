"""Copies all rows of a ledger in SQLite to an empty ledger in PostgreSQL, or none of them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Table, func, insert, select

from handoff.ledger.database import Database
from handoff.ledger.migrate import migrate_on_connection
from handoff.ledger.tables import handoff, metadata

_BATCH = 1000  # rows
_CONTINUE_SEQUENCE = (
    "SELECT setval(pg_get_serial_sequence('webhook_event', 'sequence'),"
    " (SELECT coalesce(max(sequence), 0) + 1 FROM webhook_event), false)"
)


class CopyRefused(Exception):
    """Nothing was copied; the message is a sentence that says why."""


def copy_ledger(source: Database, target: Database) -> Iterator[int]:
    """Copy every row, and yield how many handoffs were copied so far.

    The target gets the rows in one transaction, which is committed after the rows on both sides
    were counted. Until then the source can be read but not written. The source keeps its rows.
    Raises CopyRefused if the target holds handoffs, or the counts differ.
    """
    with source.open_migration_transaction() as old, target.open_migration_transaction() as new:
        migrate_on_connection(old)
        migrate_on_connection(new)
        new.exec_driver_sql(f"LOCK TABLE {handoff.name} IN EXCLUSIVE MODE")
        if count := _count_rows(new, handoff):
            raise CopyRefused(f"It is not empty. Handoffs in it: {count:,}.")
        copied = 0
        for table in metadata.sorted_tables:
            for count in _replace_rows(table, old, new):
                copied += count if table is handoff else 0
                yield copied
        # The numbers were copied too, so the server has not counted them.
        new.exec_driver_sql(_CONTINUE_SEQUENCE)
        for table in metadata.sorted_tables:
            if _count_rows(old, table) != _count_rows(new, table):
                raise CopyRefused("Not every row has arrived.")


def _replace_rows(table: Table, old: Connection, new: Connection) -> Iterator[int]:
    new.execute(table.delete())  # it can hold leases of services that have ended
    rows = old.execution_options(yield_per=_BATCH).execute(select(table))
    for batch in rows.mappings().partitions():
        new.execute(insert(table), [dict(row) for row in batch])
        yield len(batch)


def _count_rows(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

"""Moving a ledger: all rows of a SQLite file into a PostgreSQL that holds none, or not one."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Table, func, insert, select

from handoff.ledger.database import Database
from handoff.ledger.migrate import migrate_on_connection
from handoff.ledger.tables import handoff, metadata

_BATCH = 1000  # rows


class CopyRefused(Exception):
    """Nothing was moved; `words` say why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def copy_ledger(source: Database, target: Database) -> Iterator[int]:
    """Copy every row, and give how many handoffs were copied so far.

    All of it is one transaction of the target, which is committed when the last row was counted on
    both sides. Until then the source can be read and not written, and is not changed.

    Raises NotMoved when the target holds handoffs, or the counts differ.
    """
    with source.migrating() as there, target.migrating() as here:
        migrate_on_connection(there)
        migrate_on_connection(here)
        here.exec_driver_sql(f"LOCK TABLE {handoff.name} IN EXCLUSIVE MODE")
        if found := _count(here, handoff):
            raise CopyRefused(f"It holds {found:,} handoffs already.")
        copied = 0
        for table in metadata.sorted_tables:
            for count in _copy(table, there, here):
                copied += count if table is handoff else 0
                yield copied
        for table in metadata.sorted_tables:
            if _count(there, table) != _count(here, table):
                raise CopyRefused("Not every row has arrived.")


def _copy(table: Table, there: Connection, here: Connection) -> Iterator[int]:
    here.execute(table.delete())  # claims and tallies, at most, of services that have ended
    rows = there.execution_options(yield_per=_BATCH).execute(select(table))
    for batch in rows.mappings().partitions():
        here.execute(insert(table), [dict(row) for row in batch])
        yield len(batch)


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

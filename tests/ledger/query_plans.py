"""How a database executes a statement: by an index, or by reading a whole table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from handoff.ledger.database import Database

_WITHOUT_PLAN = ("INSERT", "BEGIN", "SAVEPOINT", "PRAGMA", "SET", "SELECT pg_", "SELECT set_config")


@contextmanager
def recorded_statements() -> Iterator[list[tuple[str, Any]]]:
    """Collect the statements that are run in the block, with their parameters."""
    statements: list[tuple[str, Any]] = []

    def record(_conn: Any, _cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        is_executemany = rest[-1]
        if not statement.startswith(_WITHOUT_PLAN) and not is_executemany:
            statements.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", record)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", record)


def find_full_scans(database: Database, statement: str, parameters: Any) -> list[str]:
    """Return the steps of a statement that read a whole table, or an index of all rows."""
    with database.open_read_connection() as connection:
        if connection.dialect.name == "sqlite":
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            return [step for step in map(str, plan) if "SCAN" in step and not _is_small(step)]
        # A short table is always read whole; so the planner may do it only without an index.
        connection.exec_driver_sql("SET enable_seqscan = off")
        plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        steps = [str(row[0]) for row in plan]
        connection.exec_driver_sql("RESET enable_seqscan")
        return [step for step in steps if "Seq Scan" in step and not _is_small(step)]


def _is_small(step: str) -> bool:
    """Return whether a step reads a partial index with the wanted rows only, or a small table."""
    tables = ("lease", "login_block", "ended_ops_session")
    steps = [f"{verb} {table}" for table in tables for verb in ("SCAN", "on")]
    return any(small in step for small in ("INDEX handoff_comment_due", *steps))

"""How a database would go about a statement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from handoff.ledger import Database
from handoff.ledger.statements import RawConnection


@contextmanager
def statements_of(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Collect the statements that are run by the driver itself, and their parameters."""
    seen: list[tuple[str, Any]] = []

    class Recorder:
        def __init__(self, driver: Any) -> None:
            self._driver = driver

        def execute(self, statement: str, parameters: Any) -> Any:
            seen.append((statement, parameters))
            return self._driver.execute(statement, parameters)

    def recorded(raw: RawConnection) -> RawConnection:
        return RawConnection(Recorder(raw.driver), raw.dialect)

    writes, reads = database.write_raw, database.reading_raw

    @contextmanager
    def reading_raw() -> Iterator[RawConnection]:
        with reads() as raw:
            yield recorded(raw)

    def write_raw(work: Any, **how: Any) -> Any:
        return writes(lambda raw: work(recorded(raw)), **how)

    with (
        patch.object(database, "write_raw", write_raw),
        patch.object(database, "reading_raw", reading_raw),
    ):
        yield seen


def whole_reads(database: Database, statement: str, parameters: Any) -> list[str]:
    """Return the steps of a statement that read a whole table, or a whole index of all rows."""
    with database.reading() as connection:
        if connection.dialect.name == "sqlite":
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            return [step for step in map(str, plan) if "SCAN" in step and not _is_small(step)]
        # Of a short table it would read all, and of a long one only what it has no index for.
        connection.exec_driver_sql("SET enable_seqscan = off")
        plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        steps = [str(row[0]) for row in plan]
        connection.exec_driver_sql("RESET enable_seqscan")
        return [step for step in steps if "Seq Scan" in step and not _is_small(step)]


def _is_small(step: str) -> bool:
    """Say whether a step reads through an index of the few rows that it wants, or the claims."""
    return "INDEX handoff_comment_due" in step or "SCAN lease" in step or "on lease" in step

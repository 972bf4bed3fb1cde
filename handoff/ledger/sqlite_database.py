"""The ledger in a SQLite file, for all processes of one host."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.engine import make_url

from handoff.deadline import Deadline
from handoff.ledger.database import (
    MAX_WAIT,
    Clock,
    Database,
    compute_wait_seconds,
    log_and_build_unavailable_error,
    translate_database_errors,
)
from handoff.ledger.row_parser import decode_text_column, parse_json_or_keep
from handoff.ledger.sqlite_writer import SqliteWriter, acquire_file_lock

_READERS = 32  # connections
T = TypeVar("T")


class SqliteDatabase(Database):
    """A SQLite file in WAL mode: one writer at a time, and readers that never wait for it."""

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        self._path = Path(make_url(url).database or "")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._lock_path = f"{self._path}.lock"
        # FULL waits for the disk at each commit.
        self._durable_writes = _build_engine(url, pool_size=1, synchronous="FULL")
        self._quick_writes = _build_engine(url, pool_size=1, synchronous="NORMAL")
        self._reads = _build_engine(url, pool_size=_READERS)
        self._writer = SqliteWriter(self._lock_path, self._begin_transaction)
        super().__init__(self._durable_writes, self._quick_writes, self._reads, clock=clock)

    def write(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        result: T = self._writer.write(work, durable=durable, timeout=compute_wait_seconds())
        return result

    @contextmanager
    def open_read_connection(self) -> Iterator[Connection]:
        with translate_database_errors(sqlite3.Error), self._reads.connect() as connection:
            _set_busy_timeout(connection)
            yield connection

    @contextmanager
    def open_migration_transaction(self) -> Iterator[Connection]:
        with (
            translate_database_errors(sqlite3.Error),
            _lock_file(self._lock_path, compute_wait_seconds()),
            self._begin_transaction(durable=True) as connection,
        ):
            yield connection

    def has_tables(self) -> bool:
        return self._path.is_file() and super().has_tables()  # a connection would create the file

    def close(self) -> None:
        os.close(self._writer.lock_file)
        super().close()

    @contextmanager
    def _begin_transaction(self, durable: bool) -> Iterator[Connection]:
        engine = self._durable_writes if durable else self._quick_writes
        with engine.connect() as connection:
            _set_busy_timeout(connection)
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    def _reset_after_fork(self) -> None:
        # The child's copy of the file would keep the parent's lock.
        os.close(self._writer.lock_file)
        self._writer = SqliteWriter(self._lock_path, self._begin_transaction)
        super()._reset_after_fork()


def _build_engine(url: str, *, pool_size: int, synchronous: str = "NORMAL") -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,
        json_deserializer=parse_json_or_keep,
        pool_timeout=MAX_WAIT,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "do_connect")
    def _set_timeout(_dialect: Any, _record: Any, _args: Any, parameters: dict[str, Any]) -> None:
        parameters["timeout"] = compute_wait_seconds()

    @event.listens_for(engine, "connect")
    def _configure_connection(connection: sqlite3.Connection, _record: Any) -> None:
        connection.text_factory = decode_text_column
        connection.isolation_level = None  # the driver begins no transactions by itself
        [mode] = connection.execute("PRAGMA journal_mode=WAL").fetchone()
        if mode != "wal":
            raise log_and_build_unavailable_error(
                "the file system of the ledger does not support WAL"
            )
        connection.execute(f"PRAGMA synchronous={synchronous}")

    return engine


def _set_busy_timeout(connection: Connection) -> None:
    """Let SQLite wait for a lock as long as the request may, in steps of 0.1 seconds."""
    milliseconds = round(compute_wait_seconds() * 10) * 100
    if connection.info.get("busy_timeout") != milliseconds:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={milliseconds}")
        connection.info["busy_timeout"] = milliseconds


@contextmanager
def _lock_file(path: str, timeout: float) -> Iterator[None]:
    """Hold a lock on a file for the block; raises LedgerUnavailable after `timeout` seconds."""
    with open(path, "ab") as file:
        acquire_file_lock(file.fileno(), Deadline.after(timeout))
        yield

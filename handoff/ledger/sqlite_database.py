"""The ledger in a SQLite file, for all processes of one host."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool

from handoff.ledger.database import (
    MAX_WAIT,
    Database,
    has_ledger_tables,
    seconds_to_wait,
    translate_database_errors,
)
from handoff.ledger.group_commit import GroupCommit
from handoff.ledger.statements import RawConnection
from handoff.ledger.write_lock import WriteLock
from handoff.problems import LedgerUnavailable

_READERS = 32
_BEGIN = "BEGIN IMMEDIATE"
T = TypeVar("T")


class SqliteDatabase(Database):
    """A SQLite file in WAL mode. Writers stand in line before it, readers wait for nobody."""

    def __init__(self, url: str) -> None:
        """Take a `sqlite:///path` address and make its folder; connects at the first use."""
        self._path = Path(make_url(url).database or "")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._line_path = f"{self._path}.lock"
        self._line = WriteLock(self._line_path)
        self._durable = _engine(url, pool_size=1, begin=_BEGIN)
        # Writes that outlive a crash of ours, and not a power cut: they cost no disk access.
        self._quick = _engine(url, pool_size=1, begin=_BEGIN, synchronous="NORMAL")
        self._readers = _engine(url, pool_size=_READERS)
        self._raw_writers: dict[bool, RawConnection] = {}
        self._raw_readers: deque[RawConnection] = deque()
        self._together = GroupCommit(self._line.run, self._transaction)
        super().__init__(self._durable, self._quick, self._readers)

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        """Open the one write transaction; the others stand in line."""
        engine = self._durable if durable else self._quick
        with (
            self._line.turn(timeout=seconds_to_wait()),
            translate_database_errors(sqlite3.Error),
            engine.begin() as connection,
        ):
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection that reads what was committed last."""
        with translate_database_errors(sqlite3.Error), self._readers.connect() as connection:
            yield connection

    def write_raw(self, work: Callable[[RawConnection], T], *, durable: bool = True) -> T:
        """Do as `write` does, in one transaction with whoever waits at the same time."""
        result: T = self._together.write(work, durable=durable, timeout=seconds_to_wait())
        return result

    @contextmanager
    def reading_raw(self) -> Iterator[RawConnection]:
        """Do as `reading` does, with one of as many connections as were ever needed at once."""
        with translate_database_errors(sqlite3.Error):
            reader = self._raw_readers.pop() if self._raw_readers else _raw(self._readers)
            try:
                yield reader
            finally:
                self._raw_readers.append(reader)

    def migrating(self) -> AbstractContextManager[Connection]:
        """Open the one write transaction."""
        return self.writing()

    def exists(self) -> bool:
        """Look for the file first: connecting would make it."""
        if not self._path.is_file():
            return False
        with self.reading() as connection:
            return has_ledger_tables(connection)

    @contextmanager
    def _transaction(self, durable: bool) -> Iterator[RawConnection]:
        """Use one connection for each kind of write: only who has the turn does."""
        with translate_database_errors(sqlite3.Error):
            writer = self._raw_writers.get(durable)
            if writer is None:
                engine = self._durable if durable else self._quick
                writer = self._raw_writers[durable] = _raw(engine)
            writer.driver.execute(_BEGIN)
            with writer.driver:  # commits, or rolls back
                yield writer

    def _after_fork(self) -> None:
        """Share neither the place in line nor connections with the process before."""
        self._line.close()  # the child's copy only: the parent's place in line stays its own
        self._line = WriteLock(self._line_path)
        self._raw_writers, self._raw_readers = {}, deque()
        self._together = GroupCommit(self._line.run, self._transaction)
        super()._after_fork()

    def close(self) -> None:
        """Close all connections, and leave the line."""
        super().close()
        for connection in (*self._raw_writers.values(), *self._raw_readers):
            connection.driver.close()
        self._line.close()


def _raw(engine: Engine) -> RawConnection:
    """Return a new connection that the engine forgets."""
    made = engine.raw_connection()
    driver = made.driver_connection
    made.detach()
    return RawConnection(driver, engine.dialect)


def _engine(
    url: str, *, pool_size: int, begin: str | None = None, synchronous: str = "FULL"
) -> Engine:
    engine = create_engine(
        url,
        paramstyle="named",
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,
        pool_timeout=MAX_WAIT,
        connect_args={"timeout": MAX_WAIT, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin below, and not by themselves
        mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        if mode != "wal":
            raise LedgerUnavailable("The ledger's file system does not support WAL.")
        connection.execute(f"PRAGMA synchronous={synchronous}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if begin is not None:
            connection.exec_driver_sql(begin)

    return engine

"""The database under the ledger: who may write when, and how durable it is."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakMethod

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from handoff.errors import LedgerUnavailable

_BUSY_TIMEOUT = 5.0  # seconds
_READERS = 32


class Database:
    """A SQLite file, in WAL mode with every commit on disk before it is answered.

    SQLite lets one writer in at a time, and the others poll, which makes some of them wait for
    most of a second. So writers stand in line before it: threads at a lock, processes at a
    `flock` on a file beside the database, which the kernel frees when its holder dies.
    """

    def __init__(self, url: str) -> None:
        """Take a `sqlite:///path` address and make its folder; connects at the first use."""
        path = Path(make_url(url).database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._queue_path = f"{path}.lock"
        self._open_queue()
        self._durable = _engine(url, pool_size=1, begin="BEGIN IMMEDIATE")
        # Writes that outlive a crash of ours, and not a power cut: they cost no disk access.
        self._quick = _engine(url, pool_size=1, begin="BEGIN IMMEDIATE", synchronous="NORMAL")
        self._readers = _engine(url, pool_size=_READERS)
        _call_in_forks(WeakMethod(self._after_fork))

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        """Open the one write transaction; it is committed when the block ends.

        Durable or not, it survives this process. Durable, it survives the machine as well.

        Raises LedgerUnavailable when the database does not take it.
        """
        engine = self._durable if durable else self._quick
        if not self._queue.acquire(timeout=_BUSY_TIMEOUT):
            raise LedgerUnavailable
        try:
            fcntl.flock(self._queue_file, fcntl.LOCK_EX)
            try:
                with _faults_named(), engine.begin() as connection:
                    yield connection
            finally:
                fcntl.flock(self._queue_file, fcntl.LOCK_UN)
        finally:
            self._queue.release()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection whose statements each read by themselves; it waits for no writer."""
        with _faults_named(), self._readers.connect() as connection:
            yield connection

    def _open_queue(self) -> None:
        self._queue = threading.Lock()
        self._queue_file = os.open(self._queue_path, os.O_RDWR | os.O_CREAT, 0o600)

    def _after_fork(self) -> None:
        """Share neither the place in the queue nor connections with the process before."""
        self._open_queue()
        for engine in (self._durable, self._quick, self._readers):
            engine.dispose(close=False)

    def close(self) -> None:
        """Close all connections."""
        for engine in (self._durable, self._quick, self._readers):
            engine.dispose()
        os.close(self._queue_file)


def _call_in_forks(method: WeakMethod[Callable[[], None]]) -> None:
    def call() -> None:
        alive = method()
        if alive is not None:
            alive()

    os.register_at_fork(after_in_child=call)


@contextmanager
def _faults_named() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        # The text of these holds the statement and its values.
        raise LedgerUnavailable from error


def _engine(
    url: str, *, pool_size: int, begin: str | None = None, synchronous: str = "FULL"
) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,
        pool_timeout=_BUSY_TIMEOUT,
        connect_args={"timeout": _BUSY_TIMEOUT, "check_same_thread": False},
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

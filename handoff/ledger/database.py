"""The database under the ledger: who may write when, and how durable it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakMethod

import structlog
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from handoff.errors import LedgerUnavailable
from handoff.ledger.line import Line

log = structlog.get_logger()

_BUSY_TIMEOUT = 5.0  # seconds
_READERS = 32


class Database:
    """A SQLite file in WAL mode. Writers stand in line before it, readers wait for nobody."""

    def __init__(self, url: str) -> None:
        """Take a `sqlite:///path` address and make its folder; connects at the first use."""
        path = Path(make_url(url).database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._line_path = f"{path}.lock"
        self._line = Line(self._line_path)
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
        with self._line.turn(timeout=_BUSY_TIMEOUT), _faults_named(), engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection whose statements each read by themselves; it waits for no writer."""
        with _faults_named(), self._readers.connect() as connection:
            yield connection

    def _after_fork(self) -> None:
        """Share neither the place in line nor connections with the process before."""
        self._line.close()  # the child's copy only: the parent's place in line stays its own
        self._line = Line(self._line_path)
        for engine in (self._durable, self._quick, self._readers):
            engine.dispose(close=False)

    def close(self) -> None:
        """Close all connections."""
        for engine in (self._durable, self._quick, self._readers):
            engine.dispose()
        self._line.close()


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
        # The whole text holds the statement; what the driver said holds no values.
        reason = getattr(error, "orig", None) or type(error).__name__
        log.error("ledger_failed", reason=str(reason))
        raise LedgerUnavailable from None


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

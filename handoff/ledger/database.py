"""The database under the ledger: who may write when, and how durable it is."""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar
from weakref import WeakMethod

import structlog
from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from handoff.deadline import Deadline
from handoff.ledger.database_clock import NOW
from handoff.ledger.statements import RawConnection
from handoff.ledger.tables import handoff
from handoff.problems import LedgerUnavailable

log = structlog.get_logger()

MAX_WAIT = 5.0
"""Seconds that a caller waits for its turn, for a connection, or for an answer, at most."""

_LAST = 0.5  # seconds at the end of a request, so that what it has done can be written down
_PAUSE = 0.005  # seconds before a repeat
T = TypeVar("T")


class LedgerConflict(LedgerUnavailable):
    """Two transactions got in each other's way and this one was undone: it may be repeated."""


class LedgerUnreachable(LedgerUnavailable):
    """The server of the database does not answer, or lets nobody in for now."""


class Database(ABC):
    """What the ledger asks of a database. `open_database` finds the one that an address names."""

    def __init__(self, *engines: Engine) -> None:
        self._engines = engines
        _call_in_forks(WeakMethod(self._after_fork))

    @abstractmethod
    def writing(self, *, durable: bool = True) -> AbstractContextManager[Connection]:
        """Open a write transaction; it is committed when the block ends.

        Durable or not, it survives this process. Durable, it survives the machine as well.

        Raises LedgerUnavailable when the database does not take it.
        """

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection]:
        """Open a connection whose statements each read by themselves; it waits for no writer."""

    @abstractmethod
    def migrating(self) -> AbstractContextManager[Connection]:
        """Open a transaction that may change tables and take its time, one among all hosts."""

    @abstractmethod
    def exists(self) -> bool:
        """Say whether a ledger has been made here; makes nothing."""

    @contextmanager
    def reading_raw(self) -> Iterator[RawConnection]:
        """Open a connection for reads that are made many times a second."""
        with self.reading() as connection:
            yield _raw(connection)

    def write(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Do the work in a write transaction and return what it returns.

        Undone by another transaction, it is done again from its start, while `patience` lasts.
        """
        until = time.monotonic() + seconds_to_wait()
        while True:
            try:
                with self.writing(durable=durable) as connection:
                    return work(connection)
            except LedgerConflict:
                if time.monotonic() > until:
                    log.error("ledger_contended")
                    raise
                time.sleep(_PAUSE)

    def write_raw(self, work: Callable[[RawConnection], T], *, durable: bool = True) -> T:
        """Do the same with statements that are run many times a second."""
        return self.write(lambda connection: work(_raw(connection)), durable=durable)

    def now(self) -> int:
        """Return the database's time in milliseconds since 1970."""
        with self.reading() as connection:
            return int(connection.execute(select(NOW)).scalar_one())

    def close(self) -> None:
        """Close all connections."""
        for engine in self._engines:
            engine.dispose()

    def _after_fork(self) -> None:
        """Share no connections with the process before."""
        for engine in self._engines:
            engine.dispose(close=False)


def seconds_to_wait(most: float = MAX_WAIT) -> float:
    """Return for how many seconds the request that is worked on may wait."""
    return max(_LAST, Deadline.within_request(most).remaining)


def open_database(url: str) -> Database:
    """Return the database of a `sqlite:///path` or `postgresql+psycopg://…` address.

    Connects at the first use. Makes the folder of a SQLite file.
    """
    if make_url(url).get_backend_name() == "postgresql":
        from handoff.ledger.postgres_database import PostgresDatabase  # its driver is an extra

        return PostgresDatabase(url)
    from handoff.ledger.sqlite_database import SqliteDatabase

    return SqliteDatabase(url)


def has_ledger_tables(connection: Connection) -> bool:
    """Say whether the ledger's tables are there."""
    return inspect(connection).has_table(handoff.name)


def _raw(connection: Connection) -> RawConnection:
    return RawConnection(connection.connection.driver_connection, connection.dialect)


@contextmanager
def translate_database_errors(of_driver: type[Exception]) -> Iterator[None]:
    """Turn what the driver says into LedgerUnavailable, and keep values out of the log."""
    try:
        yield
    except (SQLAlchemyError, of_driver) as error:
        cause = error if isinstance(error, of_driver) else getattr(error, "orig", None)
        if _state(cause) in _CONFLICTS:
            raise LedgerConflict from None
        log.error("ledger_failed", reason=_reason(cause) if cause else type(error).__name__)
        raise (LedgerUnreachable if _is_away(cause) else LedgerUnavailable) from None


_CONFLICTS = {"23505", "40001", "40P01"}  # unique index, serialization, deadlock
_AWAY = ("08", "53", "57")  # SQL's classes: connection, resources, operator's intervention


def _state(cause: object) -> str:
    return getattr(cause, "sqlstate", None) or ""


def _is_away(cause: object) -> bool:
    """Say whether a server is away; SQLite, which has none, knows no states either."""
    return hasattr(cause, "sqlstate") and (not _state(cause) or _state(cause)[:2] in _AWAY)


def _reason(cause: BaseException) -> str:
    """Return what the driver said first; its details, and the whole text, may hold values."""
    told = getattr(getattr(cause, "diag", None), "message_primary", None)
    return str(told or cause).partition("\n")[0]


def _call_in_forks(method: WeakMethod[Callable[[], None]]) -> None:
    def call() -> None:
        alive = method()
        if alive is not None:
            alive()

    os.register_at_fork(after_in_child=call)

"""The database under the ledger, SQLite or PostgreSQL: reads, writes and migrations.

Times are whole milliseconds since 1970, UTC. They are the database's own, read inside each
statement, so that hosts whose clocks differ agree on who may use a link. A clock that
`open_database` gets replaces it.
"""

from __future__ import annotations

import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Executable,
    RowMapping,
    SelectBase,
    UpdateBase,
    bindparam,
    delete,
    event,
    func,
    insert,
    inspect,
    or_,
    select,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from handoff.deadline import Deadline
from handoff.forks import call_after_fork
from handoff.ledger.tables import handoff, lease
from handoff.problems import LedgerUnavailable

Clock = Callable[[], int]


def read_system_clock() -> int:
    """Return the time of this machine in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class _DatabaseTime(FunctionElement[int]):
    """The database's time at the start of the statement."""

    type = BigInteger()
    inherit_cache = True


@compiles(_DatabaseTime, "sqlite")
def _compile_for_sqlite(_element: _DatabaseTime, _compiler: Any, **_options: Any) -> str:
    return "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"


@compiles(_DatabaseTime, "postgresql")
def _compile_for_postgresql(_element: _DatabaseTime, _compiler: Any, **_options: Any) -> str:
    return "CAST(floor(extract(epoch FROM statement_timestamp()) * 1000) AS BIGINT)"


NOW = func.coalesce(bindparam("now", None, type_=BigInteger), _DatabaseTime())
"""The current time in a statement: the database's, or that of the clock of a `Database`."""

log = structlog.get_logger()

MAX_WAIT = 5.0
"""Seconds that a caller waits for a lock, a connection or an answer at most."""

MAX_STATEMENT_AGE = int(MAX_WAIT * 1000)
"""Milliseconds for which a statement may wait after its `NOW`; so a row may have a later time.

A row whose time is later by more was written before the clock was set back.
"""


def build_ended_condition(
    expires_at: ColumnElement[int], milliseconds: ColumnElement[int]
) -> ColumnElement[bool]:
    """Return the condition that a period of some milliseconds has ended.

    A period that ends later than any new one began before the clock was set back, and is over too.
    """
    return or_(expires_at <= NOW, expires_at > NOW + milliseconds + MAX_STATEMENT_AGE)


_RESERVE = 0.5  # seconds for a write that begins after the deadline and records what was done
T = TypeVar("T")


class LedgerConflict(LedgerUnavailable):
    """The database rolled the transaction back because of another one. It may be repeated."""


class LedgerUnreachable(LedgerUnavailable):
    """The database server does not answer, or refuses connections for now."""


class Database(ABC):
    """The operations that the ledger needs from a database. `open_database` creates one."""

    def __init__(self, *engines: Engine, clock: Clock | None) -> None:
        """`clock` replaces the database's clock, for tests."""
        self._engines = engines
        if clock is not None:
            for engine in engines:
                event.listen(engine, "before_execute", partial(_use_clock, clock), retval=True)
        call_after_fork(self._reset_after_fork)

    @abstractmethod
    def write(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Run `work` in a transaction, commit, and return its result.

        `work` may run again after a conflict. A commit survives a crash of this process; a
        durable one survives a power failure too. Raises what `work` raises, and
        LedgerUnavailable if there is no commit before the request's deadline.
        """

    @abstractmethod
    def open_read_connection(self) -> AbstractContextManager[Connection]:
        """Open a connection for reading, on which each statement sees the last commit."""

    @abstractmethod
    def open_migration_transaction(self) -> AbstractContextManager[Connection]:
        """Open a transaction that may change tables, one at a time among all hosts."""

    def fetch_rows(self, statement: Executable, **values: Any) -> Sequence[RowMapping]:
        """Return the rows of a SELECT with these parameters."""
        with self.open_read_connection() as connection:
            return connection.execute(statement, values).mappings().all()

    def fetch_value(self, statement: Executable, **values: Any) -> Any:
        """Return the first value of the first row of a SELECT, None if there is no row."""
        with self.open_read_connection() as connection:
            return connection.execute(statement, values).scalar()

    def execute(self, statement: Executable, *, durable: bool = True, **values: Any) -> int:
        """Execute and commit one statement, and return how many rows it updated or deleted."""

        def work(connection: Connection) -> int:
            return connection.execute(statement, values).rowcount

        return self.write(work, durable=durable)

    def has_tables(self) -> bool:
        """Return whether the ledger's tables exist; create nothing."""
        with self.open_read_connection() as connection:
            return inspect(connection).has_table(handoff.name)

    def check_writable(self) -> None:
        """Read the handoffs and write a row and undo it at once, or raise LedgerUnavailable."""
        key = secrets.token_hex(32)

        def work(connection: Connection) -> None:
            connection.execute(select(handoff.c.id).where(handoff.c.id == "")).first()
            connection.execute(insert(lease).values(key_hash=key, holder="", expires_at=0))
            connection.execute(delete(lease).where(lease.c.key_hash == key))

        self.write(work, durable=False)

    def read_time(self) -> int:
        """Return the ledger's time in milliseconds since 1970."""
        return int(self.fetch_value(select(NOW)))

    def close(self) -> None:
        """Close all connections."""
        for engine in self._engines:
            engine.dispose()

    def _reset_after_fork(self) -> None:
        for engine in self._engines:
            engine.dispose(close=False)  # the connections belong to the parent process


def _use_clock(
    clock: Clock,
    _connection: Connection,
    statement: Any,
    rows: list[dict[str, Any]],
    values: dict[str, Any],
    _options: Any,
) -> tuple[Any, list[dict[str, Any]], dict[str, Any]]:
    """Replace the database's time in a statement by that of a clock.

    A statement without `NOW` ignores the value.
    """
    if isinstance(statement, SelectBase | UpdateBase):
        now = {"now": clock()}
        rows, values = [now | row for row in rows], values if rows else now | values
    return statement, rows, values


def compute_wait_seconds() -> float:
    """Return how many seconds the current request may wait for the database."""
    return max(_RESERVE, Deadline.within_request(MAX_WAIT).remaining)


def open_database(url: str, clock: Clock | None = None) -> Database:
    """Return the database at a `sqlite:///path` or `postgresql+psycopg://…` address.

    Creates the folder of a SQLite file; connects at the first use.
    """
    if make_url(url).get_backend_name() == "postgresql":
        from handoff.ledger.postgres_database import PostgresDatabase  # psycopg is optional

        return PostgresDatabase(url, clock)
    from handoff.ledger.sqlite_database import SqliteDatabase

    return SqliteDatabase(url, clock)


def log_and_build_unavailable_error(reason: str) -> LedgerUnavailable:
    """Log why the ledger cannot be used, and return the exception to raise."""
    log.error("ledger_failed", reason=reason)
    return LedgerUnavailable(reason)


@contextmanager
def translate_database_errors(*driver_errors: type[Exception]) -> Iterator[None]:
    """Raise LedgerUnavailable for errors of the database, and log them without values."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, (SQLAlchemyError, *driver_errors)):
            raise
        cause = getattr(error, "orig", None) or error
        if _get_sqlstate(cause) in _CONFLICTS:
            raise LedgerConflict from None
        reason = _describe_error(cause)
        log.error("ledger_failed", reason=reason)
        error_class = LedgerUnreachable if _is_connection_error(cause) else LedgerUnavailable
        raise error_class(reason) from None


_CONFLICTS = {"23505", "40001", "40P01"}  # unique index, serialization, deadlock
_UNREACHABLE = ("08", "53", "57")  # SQLSTATE classes: connection, resources, operator intervention


def _get_sqlstate(cause: BaseException) -> str:
    return getattr(cause, "sqlstate", None) or ""


def _is_connection_error(cause: BaseException) -> bool:
    # SQLite's errors have no `sqlstate`; psycopg's have None if there was no connection.
    return hasattr(cause, "sqlstate") and _get_sqlstate(cause)[:2] in ("", *_UNREACHABLE)


def _describe_error(cause: BaseException) -> str:
    if isinstance(cause, SQLAlchemyError):
        return type(cause).__name__
    # The details of a message, and all lines but the first, may hold values.
    message = getattr(getattr(cause, "diag", None), "message_primary", None)
    return str(message or cause).partition("\n")[0]

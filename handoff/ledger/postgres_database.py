"""The ledger in PostgreSQL, for any number of hosts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any, TypeVar

from psycopg import Connection as PsycopgConnection
from psycopg import Error
from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine, event, func, select

from handoff.ledger.database import (
    Database,
    LedgerConflict,
    has_ledger_tables,
    ledger_unavailable,
    seconds_to_wait,
    translate_database_errors,
)
from handoff.ledger.database_clock import Clock
from handoff.ledger.postgres_timeout import TimeoutConnection

# Connections of one process: few, because a server has a hundred by default for all hosts.
_DURABLE = 4
_NOT_DURABLE = 4
_MIGRATION_LOCK = int.from_bytes(b"handoff")  # the number of the advisory lock
_RETRY_DELAY = 0.005  # seconds

_CONNECT_ARGS: dict[str, Any] = {
    "connect_timeout": 2,
    "fallback_application_name": "handoff",
    # Of several hosts the one that takes writes, also after a failover.
    "target_session_attrs": "read-write",
    # How a dead network is noticed: milliseconds without an answer, seconds between probes.
    "tcp_user_timeout": 4000,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}
# In milliseconds. The last one frees the rows of a process that is frozen in a transaction.
_TIMEOUTS = {
    "statement_timeout": "4000",
    "lock_timeout": "3000",
    "idle_in_transaction_session_timeout": "10000",
}
# A migration may take long, and waits for those of other hosts before it begins.
_MIGRATION_TIMEOUTS = {"statement_timeout": "0", "lock_timeout": "60000"}
T = TypeVar("T")


class PostgresDatabase(Database):
    """A PostgreSQL: writers wait for each other's rows, and readers for nobody."""

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        durable = _create_engine(url, _DURABLE, {**_TIMEOUTS, "synchronous_commit": "on"})
        # Without synchronous_commit a write survives a crash of ours, not one of the server.
        other = _create_engine(url, _NOT_DURABLE, {**_TIMEOUTS, "synchronous_commit": "off"})
        self._engines_by_durability = {True: durable, False: other}
        self._readers = other.execution_options(isolation_level="AUTOCOMMIT")
        self._free = _count_connections()
        self._migrations = create_engine(
            url,
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={**_CONNECT_ARGS, "prepare_threshold": None},
        )
        super().__init__(durable, other, self._migrations, clock=clock)

    def write(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Run `work` in a transaction; after a conflict again, until the deadline."""
        until = time.monotonic() + seconds_to_wait()
        while True:
            try:
                with self._transaction(durable) as connection:
                    return work(connection)
            except LedgerConflict:
                if time.monotonic() > until:
                    raise ledger_unavailable("conflicts until the deadline") from None
                time.sleep(_RETRY_DELAY)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection for reading, on which each statement sees the last commit."""
        with (
            self._free_connection(durable=False),
            translate_database_errors(Error),
            self._readers.connect() as connection,
        ):
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """Open the one transaction that holds the advisory lock for migrations."""
        with translate_database_errors(Error), self._migrations.begin() as connection:
            connection.exec_driver_sql(_set_config(_MIGRATION_TIMEOUTS, local=True))
            connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            yield connection

    def exists(self) -> bool:
        """Return whether the ledger's tables exist."""
        with self.reading() as connection:
            return has_ledger_tables(connection)

    @contextmanager
    def _transaction(self, durable: bool) -> Iterator[Connection]:
        # A statement that we have given up on may still wait in the server. In a transaction it
        # is undone, because no commit follows; in autocommit it would use the link after all.
        with (
            self._free_connection(durable=durable),
            translate_database_errors(Error),
            self._engines_by_durability[durable].begin() as connection,
        ):
            yield connection

    @contextmanager
    def _free_connection(self, *, durable: bool) -> Iterator[None]:
        """Wait for a free connection until the deadline; the pool's own timeout is fixed."""
        free = self._free[durable]
        if not free.acquire(timeout=seconds_to_wait()):
            raise ledger_unavailable("no connection came free")
        try:
            yield
        finally:
            free.release()

    def _after_fork(self) -> None:
        self._free = _count_connections()
        super()._after_fork()


def _count_connections() -> dict[bool, BoundedSemaphore]:
    return {True: BoundedSemaphore(_DURABLE), False: BoundedSemaphore(_NOT_DURABLE)}


def _create_engine(url: str, pool_size: int, values: dict[str, str]) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,  # so that no request notices that the server was restarted
        isolation_level="READ COMMITTED",
        hide_parameters=True,
        connect_args=_CONNECT_ARGS,
    )

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, args: Any, options: Any) -> TimeoutConnection:
        return TimeoutConnection.connect(*args, **options)

    @event.listens_for(engine, "connect")
    def _configure(connection: PsycopgConnection[Any], _record: Any) -> None:
        [pid] = connection.execute("SELECT pg_backend_pid()").fetchone() or [None]
        settings = values
        if pid != connection.info.backend_pid:
            # A pooler may run each transaction on another server connection: what is prepared,
            # or not durable, on that connection would be so for its next user.
            connection.prepare_threshold = None
            settings = {**values, "synchronous_commit": "on"}
        connection.execute(_set_config(settings, local=False).encode())
        connection.commit()

    return engine


def _set_config(values: dict[str, str], *, local: bool) -> str:
    """Return the SQL that sets values, for the transaction alone or for the connection."""
    calls = (f"set_config('{name}', '{value}', {local})" for name, value in values.items())
    return f"SELECT {', '.join(calls)}"

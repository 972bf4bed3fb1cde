"""The ledger in PostgreSQL, for any number of hosts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

import structlog
from psycopg import Error
from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine, event, func, select

from handoff.ledger.client_timeout import TimeoutConnection
from handoff.ledger.database import (
    Database,
    has_ledger_tables,
    seconds_to_wait,
    translate_database_errors,
)
from handoff.problems import LedgerUnavailable

log = structlog.get_logger()

# Connections of one process: few, because a server has a hundred by default for all hosts.
_WRITERS = 4
_OTHERS = 4
_MIGRATIONS = int.from_bytes(b"handoff")  # the advisory lock that they are made under

_CONNECTING: dict[str, Any] = {
    "connect_timeout": 2,
    "fallback_application_name": "handoff",
    # Of several hosts the one that takes writes, also after a failover.
    "target_session_attrs": "read-write",
    # A network that has gone is noticed: milliseconds without a word, seconds between probes.
    "tcp_user_timeout": 4000,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}
# In milliseconds. A process that stands still within a transaction holds its rows no longer.
_LIMITS = {
    "statement_timeout": "4000",
    "lock_timeout": "3000",
    "idle_in_transaction_session_timeout": "10000",
}
# A migration may take long once it has begun. Before that it waits for those of other hosts.
_MIGRATING = {"statement_timeout": "0", "lock_timeout": "60000"}


class PostgresDatabase(Database):
    """A PostgreSQL. Writers wait for each other at the rows, and readers for nobody."""

    def __init__(self, url: str) -> None:
        """Take a `postgresql+psycopg://…` address; connects at the first use."""
        self._durable = _engine(url, _WRITERS, {**_LIMITS, "synchronous_commit": "on"})
        # Writes that outlive a crash of ours, and not one of the server's machine.
        self._quick = _engine(url, _OTHERS, {**_LIMITS, "synchronous_commit": "off"})
        self._readers = self._quick.execution_options(isolation_level="AUTOCOMMIT")
        self._free = _free_connections()
        self._migrations = create_engine(
            url,
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={**_CONNECTING, "prepare_threshold": None},
        )
        super().__init__(self._durable, self._quick, self._migrations)

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        """Open one of several write transactions; LedgerConflict when two are in the way."""
        engine = self._durable if durable else self._quick
        # What is given up is undone, since no commit comes. Without a transaction the server would
        # do a statement that has waited there when nobody wants it any more, and spend the link.
        with (
            self._one_free(durable=durable),
            translate_database_errors(Error),
            engine.begin() as connection,
        ):
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection that reads what was committed last."""
        with (
            self._one_free(durable=False),
            translate_database_errors(Error),
            self._readers.connect() as one,
        ):
            yield one

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """Open the one transaction that has the lock for migrations."""
        with translate_database_errors(Error), self._migrations.begin() as connection:
            connection.exec_driver_sql(f"SELECT {_settings(_MIGRATING, local=True)}")
            connection.execute(select(func.pg_advisory_xact_lock(_MIGRATIONS)))
            yield connection

    def exists(self) -> bool:
        """Look for the tables."""
        with self.reading() as connection:
            return has_ledger_tables(connection)

    @contextmanager
    def _one_free(self, *, durable: bool) -> Iterator[None]:
        """Wait until a connection is free, for as long as the request may, which no pool knows.

        Raises LedgerUnavailable.
        """
        free = self._free[durable]
        if not free.acquire(timeout=seconds_to_wait()):
            log.error("ledger_failed", reason="no connection came free")
            raise LedgerUnavailable
        try:
            yield
        finally:
            free.release()

    def _after_fork(self) -> None:
        """Have all connections free, too."""
        self._free = _free_connections()
        super()._after_fork()


def _free_connections() -> dict[bool, BoundedSemaphore]:
    """Return the connections for writes that are durable, and for all else."""
    return {True: BoundedSemaphore(_WRITERS), False: BoundedSemaphore(_OTHERS)}


def _engine(url: str, pool_size: int, values: dict[str, str]) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,  # after a restart of the server a connection is made anew, unseen
        isolation_level="READ COMMITTED",
        hide_parameters=True,
        connect_args=_CONNECTING,
    )

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, args: Any, values: Any) -> TimeoutConnection:
        return TimeoutConnection.connect(*args, **values)

    _configure(engine, values)
    return engine


def _configure(engine: Engine, values: dict[str, str]) -> None:
    """Let all connections of an engine have these values, whatever the server's own are."""

    @event.listens_for(engine, "connect")
    def _set(connection: Any, _record: Any) -> None:
        [served_by] = connection.execute("SELECT pg_backend_pid()").fetchone()
        kept = values
        if served_by != connection.info.backend_pid:
            # A pooler stands between, and may serve each transaction by another connection. What
            # is prepared, or not durable, on that one would be so for whoever has it next.
            connection.prepare_threshold = None
            kept = {**values, "synchronous_commit": "on"}
        connection.execute(f"SELECT {_settings(kept, local=False)}")
        connection.commit()


def _settings(values: dict[str, str], *, local: bool) -> str:
    """Return the SQL that sets values, for a transaction alone or for the connection."""
    return ", ".join(f"set_config('{name}', '{value}', {local})" for name, value in values.items())

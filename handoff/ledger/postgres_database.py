"""The ledger in PostgreSQL, for any number of hosts."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any, TypeVar

from psycopg import Connection as PsycopgConnection
from psycopg import Error
from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine, event, func
from sqlalchemy.exc import DisconnectionError

from handoff.ledger.database import (
    Clock,
    Database,
    LedgerConflict,
    compute_wait_seconds,
    log_and_build_unavailable_error,
    translate_database_errors,
)
from handoff.ledger.postgres_client_timeout import TimeoutConnection
from handoff.ledger.row_parser import parse_json_or_keep

_CONNECTIONS = 8  # of each process; few, because a server allows 100 for all hosts by default
_MIGRATION_LOCK = int.from_bytes(b"handoff")  # the number of the advisory lock
_RETRY_DELAY = 0.005  # seconds

_CONNECT_ARGS: dict[str, Any] = {
    "connect_timeout": 2,
    "fallback_application_name": "handoff",
    "client_encoding": "utf8",
    # Of several hosts, use the one that accepts writes, also after a failover.
    "target_session_attrs": "read-write",
    # These detect a dead network; the first is in milliseconds, the others are in seconds.
    "tcp_user_timeout": 4000,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}
# Milliseconds. The third unlocks the rows of a process that is frozen in a transaction.
_SETTINGS = {
    "statement_timeout": "4000",
    "lock_timeout": "3000",
    "idle_in_transaction_session_timeout": "10000",
    "synchronous_commit": "on",
}
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
_BEGIN_NOT_DURABLE = f"{_BEGIN}; SET LOCAL synchronous_commit = off"
# A migration may take long, and first waits for the migrations of other hosts.
_MIGRATION_SETTINGS = {"statement_timeout": "0", "lock_timeout": "60000"}
T = TypeVar("T")


class PostgresDatabase(Database):
    """A PostgreSQL database. Writers wait for each other's rows; readers never wait."""

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        self._engine = _build_engine(url)
        self._free = BoundedSemaphore(_CONNECTIONS)
        self._migrations = create_engine(
            url,
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={**_CONNECT_ARGS, "prepare_threshold": None},
        )
        event.listen(self._migrations, "connect", _require_utf8)
        super().__init__(self._engine, self._migrations, clock=clock)

    def write(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        until = time.monotonic() + compute_wait_seconds()
        while True:
            try:
                # The server may still run a statement after we have given up on it. Without a
                # commit it is undone; in autocommit it would still use the link.
                with self._connect() as connection, connection.begin():
                    driver: Any = connection.connection.driver_connection
                    driver.execute(_BEGIN if durable else _BEGIN_NOT_DURABLE, prepare=False)
                    return work(connection)
            except LedgerConflict:
                if time.monotonic() > until:
                    raise log_and_build_unavailable_error("conflicts until the deadline") from None
                time.sleep(_RETRY_DELAY)

    @contextmanager
    def open_read_connection(self) -> Iterator[Connection]:
        with self._connect() as connection:
            yield connection

    @contextmanager
    def open_migration_transaction(self) -> Iterator[Connection]:
        with translate_database_errors(Error), self._migrations.begin() as connection:
            connection.exec_driver_sql(_build_set_config_statement(_MIGRATION_SETTINGS, local=True))
            connection.execute(func.pg_advisory_xact_lock(_MIGRATION_LOCK).select())
            yield connection

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        """Wait for a free connection until the deadline; the pool's own timeout is fixed."""
        if not self._free.acquire(timeout=compute_wait_seconds()):
            raise log_and_build_unavailable_error("no connection came free")
        try:
            with translate_database_errors(Error), self._engine.connect() as connection:
                yield connection
        finally:
            self._free.release()

    def _reset_after_fork(self) -> None:
        self._free = BoundedSemaphore(_CONNECTIONS)
        super()._reset_after_fork()


def _build_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=_CONNECTIONS,
        max_overflow=0,
        isolation_level="AUTOCOMMIT",  # `write` begins its transactions itself
        hide_parameters=True,
        json_deserializer=parse_json_or_keep,
        connect_args=_CONNECT_ARGS,
    )

    @event.listens_for(engine, "do_connect")
    def _connect_with_timeout(
        _dialect: Any, _record: Any, args: Any, options: Any
    ) -> TimeoutConnection:
        return TimeoutConnection.connect(*args, **options)

    event.listen(engine, "connect", _require_utf8)
    event.listen(engine, "checkout", _require_live_connection)

    @event.listens_for(engine, "connect")
    def _configure_connection(connection: PsycopgConnection[Any], _record: Any) -> None:
        [pid] = connection.execute("SELECT pg_backend_pid()").fetchone() or [None]
        if pid != connection.info.backend_pid:
            # A pooler may run each transaction on another server connection, where a statement
            # that was prepared before is unknown.
            connection.prepare_threshold = None
        connection.execute(_build_set_config_statement(_SETTINGS, local=False).encode())

    return engine


def _require_utf8(connection: PsycopgConnection[Any], _record: Any) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding not in (None, "UTF8"):  # a pooler may not report it
        raise log_and_build_unavailable_error(
            f"the database has the encoding {encoding} and needs UTF8: create another with "
            "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        )


def _require_live_connection(connection: PsycopgConnection[Any], _record: Any, _proxy: Any) -> None:
    """Let the pool connect again if the server has closed a connection, so that no request fails.

    A server that stops sends a last message, so the socket becomes readable. A query would find
    out the same, but would take as long as a statement.
    """
    waiting = select.poll()
    if not connection.closed:
        waiting.register(connection.fileno(), select.POLLIN)
    if connection.closed or waiting.poll(0):
        raise DisconnectionError


def _build_set_config_statement(values: dict[str, str], *, local: bool) -> str:
    """Return the SQL that sets values, for the transaction alone or for the connection."""
    calls = (f"set_config('{name}', '{value}', {local})" for name, value in values.items())
    return f"SELECT {', '.join(calls)}"

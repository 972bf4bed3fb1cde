"""Shop sessions in MariaDB or MySQL, as rows of Magento's table `session` (`save => db`)."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, column, create_engine, delete, insert, select, table
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.sql.functions import func

from handoff.deadline import Deadline, has_request_deadline_passed, run_until
from handoff.forks import call_after_fork
from handoff.settings.session_store_url import SessionStoreAccess, SessionStoreUrl
from handoff.shop_session.session_contents import SessionSerializer
from handoff.shop_session.session_row_name import compute_row_name
from handoff.shop_session.store import MAX_WAIT, SessionStoreError, generate_session_id

# Of each engine. A worker has two: one for shoppers, one for checkout preflights. They are few,
# because a server allows 151 by default, for the shop as well.
_CONNECTIONS, _EXTRA_CONNECTIONS = 4, 4
# The names of the server's errors, by its number. The doctor explains them.
_ERROR_NAMES = {
    1040: "TooManyConnectionsError",
    1044: "DatabaseDeniedError",
    1045: "AuthenticationError",
    1049: "DatabaseMissingError",
    1114: "TableFullError",
    1142: "NoPermissionError",
    1143: "NoPermissionError",
    1146: "TableMissingError",
    1203: "TooManyConnectionsError",
    1290: "ReadOnlyError",
    1836: "ReadOnlyError",
    2003: "ConnectionError",
    2006: "ConnectionError",
    2013: "TimeoutError",
    2014: "InvalidResponse",
    2026: "TlsError",
}
T = TypeVar("T")


class DatabaseSessionStore:
    """Writes a row for each session, under the name that Magento computes from the session's id.

    It needs the right to INSERT into this table. SELECT lets it read the session of a checkout
    preflight, and with DELETE it removes this session after the preflight.
    """

    def __init__(
        self,
        engine: Engine,
        table_name: str,
        *,
        key: bytes,
        serializer: SessionSerializer = "php",
    ) -> None:
        """`key` is the session store key, as `compute_row_name` takes it."""
        self.serializer: SessionSerializer = serializer
        self.engine = engine
        names = "session_id", "session_expires", "session_data"
        self.table = table(table_name, *map(column, names))
        self._key = key
        call_after_fork(self._drop_connections)

    def add(self, session_id: str, data: bytes, *, lifetime: int | None = None) -> None:
        """Insert the session's row. `lifetime` has no effect: PHP's own cleanup deletes rows."""
        is_retry = False

        def work(connection: Connection) -> None:
            nonlocal is_retry
            try:
                self._insert(connection, session_id, data)
            except IntegrityError:
                # The first attempt was committed, but its connection broke before the answer.
                if not is_retry:
                    raise
            finally:
                is_retry = True

        self._run(work)

    def remove(self, session_id: str) -> None:
        """Delete a session's row. Without the right to DELETE, PHP's own cleanup does it."""
        condition = self.table.c.session_id == compute_row_name(session_id, self._key)
        with suppress(SessionStoreError):
            self._run(lambda connection: connection.execute(delete(self.table).where(condition)))

    def read(self, session_id: str) -> bytes | None:
        """Return the session's data, or None if there is no such row.

        As in Magento, data that is not base64 counts as it is.
        """
        condition = self.table.c.session_id == compute_row_name(session_id, self._key)
        query = select(self.table.c.session_data).where(condition)
        stored = self._run(lambda connection: connection.execute(query).scalar_one_or_none())
        if stored is None:
            return None
        try:
            return base64.b64decode(stored, validate=True)
        except ValueError:
            return bytes(stored)

    def probe_for_row(self, session_id: str) -> bool:
        """Return whether the session has a row. It needs the right to INSERT only."""
        return self._run(lambda connection: not self._try_insert(connection, session_id))

    def check_writable(self) -> None:
        """Insert a row and undo it."""
        self._run(lambda connection: self._try_insert(connection, generate_session_id()))

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def _try_insert(self, connection: Connection, session_id: str) -> bool:
        """Insert an empty row, undo it, and return whether there was no such row before."""
        try:
            self._insert(connection, session_id, b"")
        except IntegrityError:
            return False
        finally:
            connection.rollback()
        return True

    def _insert(self, connection: Connection, session_id: str, data: bytes) -> None:
        row = {
            "session_id": compute_row_name(session_id, self._key),
            "session_expires": func.unix_timestamp(),  # Magento keeps the time of the last write
            "session_data": base64.b64encode(data).decode(),
        }
        connection.execute(insert(self.table).values(row))

    def _run(self, work: Callable[[Connection], T]) -> T:
        # PyMySQL has no timeout for the lookup of a name, nor one that can change between calls.
        try:
            return run_until(Deadline.within_request(MAX_WAIT), lambda: self._try_twice(work))
        except SQLAlchemyError as error:
            raise SessionStoreError(_get_error_name(error)) from None
        except TimeoutError as error:
            raise SessionStoreError(type(error).__name__) from None
        except Exception:
            # PyMySQL raises errors of many types if another program than MySQL answers. A
            # connection that is kept could still hold a part of its answer.
            self.engine.dispose()
            raise SessionStoreError("InvalidResponse") from None

    def _try_twice(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction; once more if a restart of the server cut the connection."""
        try:
            return self._run_in_transaction(work)
        except DBAPIError as error:
            if not error.connection_invalidated or has_request_deadline_passed():
                raise
            return self._run_in_transaction(work)

    def _run_in_transaction(self, work: Callable[[Connection], T]) -> T:
        with self.engine.connect() as connection:
            result = work(connection)
            connection.commit()
            return result

    def _drop_connections(self) -> None:
        self.engine.dispose(close=False)  # they belong to the parent process


def open_database_store(
    url: SessionStoreUrl, access: SessionStoreAccess, *, timeout: float
) -> DatabaseSessionStore:
    """Return the store at a `mysql://` URL. `timeout` is how many seconds it waits for an answer.

    Raises SessionStoreError without a session store key.
    """
    try:
        key = bytes.fromhex(Path(access.key_file or "").read_text("ascii"))
    except (OSError, ValueError):
        raise SessionStoreError("SessionStoreKeyError") from None
    engine = _build_engine(url, access, timeout=timeout)
    return DatabaseSessionStore(engine, url.table, key=key, serializer=access.serializer)


def _build_engine(url: SessionStoreUrl, access: SessionStoreAccess, *, timeout: float) -> Engine:
    """Return an engine that connects at its first use, and waits `timeout` seconds at most."""
    host, port = url.hosts[0] if url.hosts else (None, None)
    options: dict[str, Any] = {
        "connect_timeout": timeout / 2,
        "read_timeout": timeout,
        "write_timeout": timeout,
    }
    if url.path:
        options["unix_socket"] = url.path
    if url.has_tls:
        options["ssl"] = _build_tls_context(access)
    return create_engine(
        URL.create("mysql+pymysql", url.username, url.password, host, port, url.schema),
        connect_args=options,
        pool_size=_CONNECTIONS,
        max_overflow=_EXTRA_CONNECTIONS,
        pool_timeout=timeout,
        # A rollback after each commit costs a round trip, and a traceback if the connection breaks.
        pool_reset_on_return=None,
        hide_parameters=True,
    )


def _build_tls_context(access: SessionStoreAccess) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=access.ca_file)
    if access.cert_file is not None:
        context.load_cert_chain(access.cert_file)
    return context


def _get_error_name(error: SQLAlchemyError) -> str:
    """Return a name for the error of the server or of the driver, without any value."""
    cause = getattr(error, "orig", None)
    if isinstance(getattr(cause, "original_exception", None), ssl.SSLCertVerificationError):
        return "CertificateError"
    if cause is None:
        return type(error).__name__
    number = cause.args[0] if cause.args else None
    if not isinstance(number, int):
        return "InvalidResponse"
    return _ERROR_NAMES.get(number, f"MySQL error {number}")

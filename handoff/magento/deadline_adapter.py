"""Connections to the shop that keep to a deadline.

urllib3 limits the wait for each packet, not for an answer: a shop that sends a byte a second
is never too slow for it. The connection classes here wait, at every read, only for as long as
the deadline leaves.
"""

from __future__ import annotations

import http.client
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from handoff.deadline import Deadline

_current: ContextVar[Deadline | None] = ContextVar("shop_deadline", default=None)


@contextmanager
def reads_until(deadline: Deadline) -> Iterator[None]:
    """Let every read from the shop within this block end at the deadline, with TimeoutError."""
    token = _current.set(deadline)
    try:
        yield
    finally:
        _current.reset(token)


class _DeadlineReader(io.RawIOBase):
    """The raw stream of a socket, with the time that is left as the limit of each read."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._stream = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        deadline = _current.get()
        if deadline is not None:
            if deadline.passed:
                raise TimeoutError
            self._sock.settimeout(deadline.remaining)
        return cast("int | None", self._stream.readinto(buffer))

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


class _DeadlineSocket:
    """What http.client asks of a socket before it reads an answer."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock

    def makefile(self, *_args: Any, **_kwargs: Any) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self._sock))


class _DeadlineResponse(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(cast(Any, _DeadlineSocket(sock)), *args, **kwargs)


class _DeadlineConnection(HTTPConnection):
    response_class = _DeadlineResponse


class _DeadlineTlsConnection(HTTPSConnection):
    response_class = _DeadlineResponse


class _DeadlinePool(HTTPConnectionPool):
    ConnectionCls = cast(Any, _DeadlineConnection)


class _DeadlineTlsPool(HTTPSConnectionPool):
    ConnectionCls = cast(Any, _DeadlineTlsConnection)


def deadline_pool(
    url: str, *, size: int, tls_name: str | None = None, ca_file: str | None = None
) -> HTTPConnectionPool:
    """Return connections to the host of a URL, whose answers are read under `reads_until`.

    `tls_name` is the server's name in TLS, where the address does not say it. `ca_file` (PEM)
    says who vouches for it; else the usual ones do. Connects to nothing yet.
    """
    manager = PoolManager(
        maxsize=size,
        cert_reqs="CERT_REQUIRED",
        ca_certs=ca_file or DEFAULT_CA_BUNDLE_PATH,
        **_named(tls_name),
    )
    return _under_deadlines(manager).connection_from_url(url)


class DeadlineAdapter(HTTPAdapter):
    """A transport for `requests` whose answers are read under `reads_until`; it never retries.

    `tls_name` is the server's name in TLS, where the address does not say it.
    """

    def __init__(self, *, tls_name: str | None = None, **options: Any) -> None:
        self._tls_name = tls_name
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pool of connections, out of the classes above."""
        kwargs |= _named(self._tls_name)
        super().init_poolmanager(*args, **kwargs)
        _under_deadlines(self.poolmanager)


def _named(tls_name: str | None) -> dict[str, Any]:
    return {"server_hostname": tls_name, "assert_hostname": tls_name} if tls_name else {}


def _under_deadlines(manager: PoolManager) -> PoolManager:
    manager.pool_classes_by_scheme = {"http": _DeadlinePool, "https": _DeadlineTlsPool}
    return manager

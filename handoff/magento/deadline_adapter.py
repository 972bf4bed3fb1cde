"""An adapter for `requests` that limits the time of a whole answer.

`requests` limits the wait for each packet: a shop that sends one byte a second is never too slow
for it. The connections here reduce the timeout before every read to what the deadline leaves.
"""

from __future__ import annotations

import http.client
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from handoff.deadline import Deadline

_current_deadline: ContextVar[Deadline | None] = ContextVar("http_deadline", default=None)


@contextmanager
def limit_reads(deadline: Deadline) -> Iterator[None]:
    """Raise TimeoutError in every read of this thread within the block after the deadline."""
    token = _current_deadline.set(deadline)
    try:
        yield
    finally:
        _current_deadline.reset(token)


class DeadlineAdapter(HTTPAdapter):
    """Sends requests whose answers are read under `limit_reads`."""

    def __init__(self, *, tls_name: str | None = None, **options: Any) -> None:
        """`tls_name` is the name in the server's certificate, if it is not the URL's host."""
        self._tls_options: dict[str, Any] = {"server_hostname": tls_name} if tls_name else {}
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Create the connection pools of the classes below."""
        options |= self._tls_options
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class _DeadlineReader(io.RawIOBase):
    """The raw stream of a socket; each read waits no longer than the deadline allows."""

    def __init__(self, sock: Any, stream: io.RawIOBase) -> None:
        self._sock = sock
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        deadline = _current_deadline.get()
        if deadline is not None:
            if deadline.has_passed:
                raise TimeoutError
            self._sock.settimeout(deadline.remaining)
        return cast("int | None", self._stream.readinto(buffer))

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        raw: Any = self.fp.detach()
        self.fp = io.BufferedReader(_DeadlineReader(sock, raw))


class _Connection(HTTPConnection):
    response_class = _Response


class _TlsConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = cast(Any, _Connection)


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = cast(Any, _TlsConnection)

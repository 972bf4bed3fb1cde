"""Sends single HTTP requests to a shop, for the service and for all tools.

Only connections are kept between requests, and nothing is read from the environment. No redirect
is followed, and nothing is retried. The errors of `requests` hold the URL, and with it masked ids,
so this module catches all of them.

`requests` limits only the wait for each packet, so a shop that sends one byte a second is never
too slow, and it does not limit the lookup of the shop's name. The connections of DeadlineAdapter
connect within the deadline, and before every read they reduce the timeout to the time that remains.
"""

from __future__ import annotations

import http.client
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError as TransportError

from handoff.deadline import Deadline, run_until
from handoff.magento.no_response import build_no_response_error
from handoff.url_validation import is_ip_address

_POOL_SIZE = 32  # connections
_HEADERS = {
    "Accept-Encoding": "gzip, deflate",
    # Each call of REST or GraphQL leaves a session in the shop. If a client calls itself a
    # monitor, Magento keeps its sessions for one minute, not for ten.
    "User-Agent": f"Handoff/{version('handoff')} (monitor)",
}
_CONNECT_TIMEOUT = 3.0  # seconds
_CHUNK = 64 * 1024  # bytes

_current_deadline: ContextVar[Deadline | None] = ContextVar("http_deadline", default=None)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer of any status. `seconds` is the time until its last byte.

    `is_truncated` says that the body was longer than `max_bytes` and is cut.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    set_cookies: tuple[str, ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    seconds: float = 0.0
    is_truncated: bool = False

    @property
    def location(self) -> str:
        """The target of a redirect as the server wrote it, empty for any other answer."""
        return self.headers.get("Location", "") if 300 <= self.status < 400 else ""

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are replaced."""
        return self.body.decode("utf-8", errors="replace")


@dataclass(frozen=True, slots=True)
class SetCookie:
    """A cookie as a response sets it; the names of its attributes are in lower case."""

    name: str
    value: str = field(repr=False)
    attributes: dict[str, str]

    def get(self, attribute: str) -> str:
        """Return the value of an attribute, empty if it is not set."""
        return self.attributes.get(attribute, "")


def read_json(response: HttpResponse) -> Any:
    """Return the JSON value in a response, None if its body is not JSON."""
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        return None


def parse_set_cookies(response: HttpResponse) -> list[SetCookie]:
    """Return the cookies that a response sets, in its order."""
    cookies = []
    for header in response.set_cookies:
        pairs = [part.partition("=") for part in header.split(";")]
        (name, value), *attributes = [(key.strip(), text.strip()) for key, _, text in pairs]
        cookies.append(SetCookie(name, value, {key.lower(): text for key, text in attributes}))
    return cookies


def find_set_cookie(response: HttpResponse, name: str) -> SetCookie | None:
    """Return the last cookie of this name in a response: a browser keeps the last one."""
    cookies = reversed(parse_set_cookies(response))
    return next((cookie for cookie in cookies if cookie.name == name), None)


def find_cookie_value(response: HttpResponse, name: str) -> str:
    """Return the value of the last cookie of this name in a response, empty if there is none."""
    cookie = find_set_cookie(response, name)
    return cookie.value if cookie else ""


class HttpTransport:
    """Sends HTTP requests; safe to share between threads."""

    def __init__(
        self,
        *,
        tls_name: str | None = None,
        ca_file: str | None = None,
        source_address: str | None = None,
    ) -> None:
        """`tls_name` is the name in the server's certificate, if it is not the URL's host.

        `ca_file` (PEM) holds the trusted certificate authorities, by default the usual ones.
        `source_address` is the address of this machine from which it connects.
        """
        self._session = _StatelessSession(ca_file)
        adapter = DeadlineAdapter(
            tls_name=tls_name,
            source_address=source_address,
            pool_maxsize=_POOL_SIZE,
            max_retries=0,
        )
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        json: Any = None,
        auth: AuthBase | None = None,
        deadline: Deadline,
        max_bytes: int,
    ) -> HttpResponse:
        """Return the answer to one request, at most `max_bytes` of its unpacked body.

        A value in `json` is sent in place of `body`. `auth` adds a token or a signature. Raises
        NoResponse if no complete answer comes before the deadline.
        """
        started, left = time.perf_counter(), deadline.remaining
        try:
            if not left:
                raise TimeoutError
            # Prepared without the session, which would merge its own settings into each request.
            headers = {**_HEADERS, **headers}
            request = requests.Request(method, url, headers, data=body, json=json, auth=auth)
            with (
                limit_reads(deadline),
                self._session.send(
                    request.prepare(), timeout=(min(_CONNECT_TIMEOUT, left), left)
                ) as response,
            ):
                content, is_truncated = _read_body(response, deadline, max_bytes)
        except (requests.RequestException, TransportError, OSError, ValueError) as error:
            # http.client raises ValueError for a chunk of a negative size.
            raise build_no_response_error(error, deadline) from None
        cookies = tuple(response.raw.headers.getlist("Set-Cookie"))
        seconds, status = time.perf_counter() - started, response.status_code
        return HttpResponse(status, response.headers, cookies, content, seconds, is_truncated)


@contextmanager
def limit_reads(deadline: Deadline) -> Iterator[None]:
    """Let connecting and reading in this thread raise TimeoutError at a deadline, in a block."""
    token = _current_deadline.set(deadline)
    try:
        yield
    finally:
        _current_deadline.reset(token)


class DeadlineAdapter(HTTPAdapter):
    """Sends requests whose answers are read under `limit_reads`."""

    def __init__(
        self, *, tls_name: str | None = None, source_address: str | None = None, **options: Any
    ) -> None:
        """`tls_name` and `source_address` are as in an HttpTransport."""
        self._pool_options: dict[str, Any] = {"server_hostname": tls_name} if tls_name else {}
        if source_address:
            self._pool_options["source_address"] = (source_address, 0)
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Create the connection pools of the classes below."""
        options |= self._pool_options
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _DeadlinePool, "https": _DeadlineTlsPool}


class _StatelessSession(requests.Session):
    def __init__(self, ca_file: str | None) -> None:
        super().__init__()
        self.stream = True  # `_read_body` reads the answer
        self.verify = ca_file or True
        self.trust_env = False  # no proxy, and no .netrc that replaces our Authorization
        # Every REST answer of Magento sets a session cookie. If it were kept, it could be sent
        # with the calls for the next shopper.
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None, so that `send` follows no redirect and does not read its body."""


def get_tls_name(base_url: str, host: str | None) -> str | None:
    """Return the public host's name if the URL's host is an IP address, else None.

    A certificate names hosts. A server that is called by its IP address shows the certificate of
    the shop's public host.
    """
    is_by_address = is_ip_address(urlsplit(base_url).hostname or "")
    return urlsplit(f"//{host}").hostname if host and is_by_address else None


def _read_body(
    response: requests.Response, deadline: Deadline, max_bytes: int
) -> tuple[bytes, bool]:
    content = bytearray()
    for chunk in response.iter_content(_CHUNK):
        content += chunk
        if len(content) > max_bytes:
            return bytes(content[:max_bytes]), True
        if deadline.has_passed:
            raise TimeoutError
    return bytes(content), False


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


class _DeadlineResponse(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        raw: Any = self.fp.detach()
        self.fp = io.BufferedReader(_DeadlineReader(sock, raw))


class _DeadlineConnection(HTTPConnection):
    response_class = _DeadlineResponse

    def connect(self) -> None:
        _connect_in_time(super().connect, self.close)


class _DeadlineTlsConnection(HTTPSConnection):
    response_class = _DeadlineResponse

    def connect(self) -> None:
        _connect_in_time(super().connect, self.close)


def _connect_in_time(connect: Callable[[], None], close: Callable[[], None]) -> None:
    """Connect and finish the TLS handshake, or raise TimeoutError at the deadline.

    A connection that is made after the deadline is closed.
    """
    deadline = _current_deadline.get()
    if deadline is None:
        connect()
    else:
        run_until(deadline, connect, discard=lambda _none: close())


class _DeadlinePool(HTTPConnectionPool):
    ConnectionCls = cast(Any, _DeadlineConnection)


class _DeadlineTlsPool(HTTPSConnectionPool):
    ConnectionCls = cast(Any, _DeadlineTlsConnection)

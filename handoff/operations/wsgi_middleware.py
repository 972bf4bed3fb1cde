"""WSGI middleware around the app: request ids, clients' addresses, and path prefixes of proxies.

Each answer has a request id as `X-Request-ID`, and so has each log line of its request.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask

from handoff.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger()

_ID_HEADER = "X-Request-ID"
_VALID_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MAX_FORWARDED_LENGTH = 1000  # characters from the end of `X-Forwarded-For`, enough for 10 proxies
_PROBES = ("/healthz", "/readyz", "/metrics")  # the platform asks for these without a proxy


def add_proxy_middleware(app: Flask, settings: Settings) -> None:
    """Wrap an app in the middleware for proxies that its settings require.

    Scheme, host and path of the service are settings, so no header about them is read.
    """
    wsgi: WSGIApplication = PathPrefixMiddleware(app.wsgi_app, settings.public_paths)
    if settings.trusted_proxies:
        wsgi = ClientAddressMiddleware(wsgi, settings.trusted_proxies)
    app.wsgi_app = wsgi  # type: ignore[assignment,method-assign]


def add_request_ids(app: Flask, *, trust_proxy: bool) -> None:
    """Wrap an app in the middleware for request ids; `trust_proxy` accepts those of a proxy."""
    wsgi = RequestIdMiddleware(app.wsgi_app, trust_proxy=trust_proxy)
    app.wsgi_app = wsgi  # type: ignore[assignment,method-assign]


class RequestIdMiddleware:
    """Gives each request the id that a trusted proxy has sent, or a new one.

    Anyone can send the header, so without a trusted proxy it is ignored. So is an id that is not 1
    to 64 letters, digits, dots, underscores and hyphens.
    """

    def __init__(self, app: WSGIApplication, *, trust_proxy: bool) -> None:
        self._app = app
        self._trust_proxy = trust_proxy

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        request_id = self._choose_id(environ)
        # The request log removes it when the request ends.
        structlog.contextvars.bind_contextvars(request_id=request_id)

        def start_with_id(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start(status, [*headers, (_ID_HEADER, request_id)], *rest)

        return self._app(environ, start_with_id)

    def _choose_id(self, environ: WSGIEnvironment) -> str:
        received = environ.get("HTTP_X_REQUEST_ID", "") if self._trust_proxy else ""
        return received if _VALID_ID.fullmatch(received) else uuid.uuid4().hex


class PathPrefixMiddleware:
    """Removes the path prefix of a public URL if the proxy has not removed it."""

    def __init__(self, app: WSGIApplication, prefixes: Iterable[str]) -> None:
        self._app = app
        # The longest first, because one prefix may begin with another.
        self._prefixes = sorted(filter(None, prefixes), key=len, reverse=True)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        prefix = next((p for p in self._prefixes if path.startswith(f"{p}/")), None)
        if prefix is not None:
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + prefix
            environ["PATH_INFO"] = path[len(prefix) :]
        return self._app(environ, start)


class ClientAddressMiddleware:
    """Sets `REMOTE_ADDR` to the address that the first of our own proxies saw.

    Each of our proxies appends one address to `X-Forwarded-For`. The client itself may have written
    others before them; those are ignored. An address that cannot be read becomes an empty text:
    the connection's own address is the proxy's, and all clients would look like one.
    """

    # werkzeug's ProxyFix reads the header as a list with quoted strings. A client's quotation
    # mark then invalidates the whole header, including the address that our proxy has added.

    def __init__(self, app: WSGIApplication, proxy_count: int) -> None:
        self._app = app
        self._proxy_count = proxy_count
        self._has_warned = False

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        forwarded = environ.get("HTTP_X_FORWARDED_FOR", "")[-_MAX_FORWARDED_LENGTH:]
        # With fewer entries than proxies, the request came in behind the first proxy. A blank entry
        # keeps its place: else the client's own entry would take it.
        entries = forwarded.split(",")
        environ["REMOTE_ADDR"] = _parse_address(entries[-self._proxy_count :][0])
        if not environ["REMOTE_ADDR"] and environ.get("PATH_INFO") not in _PROBES:
            self._warn_once()
        return self._app(environ, start)

    def _warn_once(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            log.warning("client_address_unreadable", trusted_proxies=self._proxy_count)


def _parse_address(entry: str) -> str:
    """Return the IP address of an entry, which may have a port and brackets, or an empty text."""
    text = entry.strip(' \t"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text.partition("%")[0].strip()))
    except ValueError:
        return ""

"""Serves the ops pages on a listener of their own, in the workers of the service.

The port of the listener is the socket's own. gunicorn makes `SERVER_PORT` from the `Host` header if
the service listens on a Unix socket, so a client could choose it.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING

from handoff.app_factory import OBJECTS_EXTENSION, create_app
from handoff.operations.ops_pages.ops_app import create_ops_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_INTERNET_FAMILIES = (socket.AF_INET, socket.AF_INET6)


class ListenerDispatcher:
    """Passes requests that came in at the port of the ops pages to their app, others to the
    service."""

    def __init__(self, app: WSGIApplication, ops_app: WSGIApplication, ops_port: int) -> None:
        self._app = app
        self._ops_app = ops_app
        self._ops_port = ops_port

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        is_ops = _get_listener_port(environ) == self._ops_port
        return (self._ops_app if is_ops else self._app)(environ, start)


def create_apps(ops_port: int) -> WSGIApplication:
    """Create the service and its ops pages; both share the connections to the ledger.

    Without a password, for example after a reload of the settings, the pages answer 404.
    """
    app = create_app()
    ops_app = create_ops_app(app.extensions[OBJECTS_EXTENSION])
    return ListenerDispatcher(app, ops_app, ops_port)


def _get_listener_port(environ: WSGIEnvironment) -> int | None:
    connection = environ.get("gunicorn.socket")
    if connection is None or connection.family not in _INTERNET_FAMILIES:
        return None
    port: int = connection.getsockname()[1]
    return port

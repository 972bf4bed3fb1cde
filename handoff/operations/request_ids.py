"""Request ids: each answer has one as `X-Request-ID`, and so has each log line of its request."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_HEADER = "X-Request-ID"
_VALID_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


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
            return start(status, [*headers, (_HEADER, request_id)], *rest)

        return self._app(environ, start_with_id)

    def _choose_id(self, environ: WSGIEnvironment) -> str:
        received = environ.get("HTTP_X_REQUEST_ID", "") if self._trust_proxy else ""
        return received if _VALID_ID.fullmatch(received) else uuid.uuid4().hex

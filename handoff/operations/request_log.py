"""The request log: one line for each request, by the rule of its URL and the handoff's id.

Files that are the same for everybody have no line, unless they cannot be served.

A link is a credential, so a URL is never logged.
"""

from __future__ import annotations

import time
from http import HTTPStatus

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger()

_FILES = ("/static/<path:filename>", "/theme.css", "/web-checkout.js")  # the same for everybody


def log_requests(app: Flask) -> None:
    """Log the method, rule, status and duration in milliseconds of each request."""

    @app.before_request
    def _start_clock() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def _log_request(response: Response) -> Response:
        started = getattr(g, "started", None)
        rule = request.url_rule.rule if request.url_rule else "(none)"
        if rule in _FILES and response.status_code < HTTPStatus.BAD_REQUEST:
            return response
        log.info(
            "request",
            method=request.method,
            rule=rule,
            status=response.status_code,
            ms=None if started is None else round((time.perf_counter() - started) * 1000, 1),
        )
        return response

    @app.teardown_request
    def _clear_context(_error: BaseException | None) -> None:
        # The next request of this thread must not log the values that this request has bound.
        structlog.contextvars.clear_contextvars()

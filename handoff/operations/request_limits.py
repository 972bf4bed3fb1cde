"""Limits the length of a request's headers, and the time in which a request is answered."""

from __future__ import annotations

from flask import Flask, request
from werkzeug.exceptions import RequestHeaderFieldsTooLarge

from handoff.deadline import clear_request_deadline, set_request_deadline

_MAX_LENGTH = 8192  # characters, as many as nginx and Apache accept by default
# A shop's host has many cookies, and browsers send all of them in one header.
_MAX_COOKIE_LENGTH = 32 * 1024


def limit_header_length(app: Flask) -> None:
    """Answer 431 to requests with a header that is too long, before anything parses a header.

    The time that a parser needs grows with its header, and anybody can send one.
    """

    @app.before_request
    def _refuse_long_headers() -> None:
        for name, value in request.headers.items():
            if len(value) > (_MAX_COOKIE_LENGTH if name == "Cookie" else _MAX_LENGTH):
                raise RequestHeaderFieldsTooLarge


def limit_request_time(app: Flask, *, seconds: float) -> None:
    """Give each request one deadline for all its calls to shop, ledger and session store.

    `seconds` includes the time in which the request waited for a thread.
    """

    @app.before_request
    def _start_request_deadline() -> None:
        set_request_deadline(seconds)

    @app.teardown_request
    def _end_request_deadline(_error: BaseException | None) -> None:
        clear_request_deadline()

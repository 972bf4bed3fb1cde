"""Refuses requests with a header that is too long, before anything parses a header.

The time that a parser needs grows with its header, and anybody can send one.
"""

from __future__ import annotations

from flask import Flask, request
from werkzeug.exceptions import RequestHeaderFieldsTooLarge

_MAX_LENGTH = 8192  # characters, as many as nginx and Apache accept by default
# A shop's host has many cookies, and browsers send all of them in one header.
_MAX_COOKIE_LENGTH = 32 * 1024


def limit_header_length(app: Flask) -> None:
    """Answer 431 to requests with a header that is too long."""

    @app.before_request
    def _refuse_long_headers() -> None:
        for name, value in request.headers.items():
            if len(value) > (_MAX_COOKIE_LENGTH if name == "Cookie" else _MAX_LENGTH):
                raise RequestHeaderFieldsTooLarge

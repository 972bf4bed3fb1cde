"""Limits a request's headers and body, and the time in which it is answered."""

from __future__ import annotations

from flask import Flask, request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import RequestEntityTooLarge, RequestHeaderFieldsTooLarge
from werkzeug.http import parse_date

from handoff.deadline import clear_request_deadline, set_request_deadline
from handoff.problems import MalformedRequest, RequestTooLarge

_MAX_HEADER_LENGTH = 8192  # characters, as many as nginx and Apache accept by default
# A shop's host has many cookies, and browsers send all of them in one header.
_MAX_COOKIE_LENGTH = 32 * 1024
_MAX_FORM_BYTES = 4096
_DATE_HEADERS = ("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_RANGE")
_INCOMPLETE = "The body did not arrive completely."


def limit_header_length(app: Flask) -> None:
    """Answer 431 to requests with a header that is too long, before anything parses a header.

    The time that a parser needs grows with its header, and anybody can send one.
    """

    @app.before_request
    def _refuse_long_headers() -> None:
        for name, value in request.headers.items():
            if len(value) > (_MAX_COOKIE_LENGTH if name == "Cookie" else _MAX_HEADER_LENGTH):
                raise RequestHeaderFieldsTooLarge


def ignore_impossible_dates(app: Flask) -> None:
    """Let werkzeug ignore a condition whose date has a number that is too large for a date.

    It ignores other dates that are not valid, as HTTP requires, but raises for these.
    """

    @app.before_request
    def _invalidate_impossible_dates() -> None:
        for name in _DATE_HEADERS:
            try:
                parse_date(request.environ.get(name))
            except OverflowError:
                request.environ[name] = "not a date"


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


def read_body(max_bytes: int) -> bytes:
    """Return the body of this request.

    Raises RequestTooLarge above `max_bytes`, and MalformedRequest for an incomplete body.
    """
    # werkzeug cuts a body without a length at the maximum, without an error. So read one byte more.
    request.max_content_length = max_bytes + 1
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise RequestTooLarge from None
    except (OSError, ParseException):  # from gunicorn, for a body that it cannot decode
        raise MalformedRequest(_INCOMPLETE) from None
    if len(body) > max_bytes:
        raise RequestTooLarge
    if len(body) < (request.content_length or 0):
        raise MalformedRequest(_INCOMPLETE)
    return body


def read_form_field(name: str) -> str:
    """Return a field of this request's form, or "". Answers a form that is too large with 413."""
    request.max_content_length = _MAX_FORM_BYTES
    try:
        return request.form.get(name, "")
    except (OSError, ParseException):  # from gunicorn, for a body that it cannot decode
        return ""

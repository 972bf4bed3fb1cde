"""Reads the body of a request, or a field of its form, completely or not at all."""

from __future__ import annotations

from flask import request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import RequestEntityTooLarge

from handoff.problems import MalformedRequest, RequestTooLarge

_MAX_FORM_BYTES = 4096
_INCOMPLETE = "The body did not arrive completely."


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
    """Return a field of this request's form, empty if it is missing; a large form is a 413."""
    request.max_content_length = _MAX_FORM_BYTES
    try:
        return request.form.get(name, "")
    except (OSError, ParseException):  # from gunicorn, for a body that it cannot decode
        return ""

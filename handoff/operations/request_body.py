"""Reads the body of a request, completely or not at all."""

from __future__ import annotations

from flask import request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import RequestEntityTooLarge

from handoff.problems import MalformedRequest, RequestTooLarge

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

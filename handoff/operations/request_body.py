"""The body of a request, whole or not at all."""

from __future__ import annotations

from flask import request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import RequestEntityTooLarge

from handoff.problems import MalformedRequest, RequestTooLarge

_CUT = "The body did not arrive whole."


def read_body(limit: int) -> bytes:
    """Return the body of this request, of up to `limit` bytes.

    Raises RequestTooLarge, or MalformedRequest for pieces that cannot be put together.
    """
    # A body without a length ends at the limit without a word; one byte more tells.
    request.max_content_length = limit + 1
    try:
        raw = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise RequestTooLarge from None
    except (OSError, ParseException):  # gunicorn's, for pieces that cannot be put together
        raise MalformedRequest(_CUT) from None
    if len(raw) > limit:
        raise RequestTooLarge
    if len(raw) < (request.content_length or 0):
        raise MalformedRequest(_CUT)
    return raw

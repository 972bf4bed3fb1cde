"""What a shopper is told of a transfer that failed: the ending for each problem."""

from __future__ import annotations

from http import HTTPStatus

from handoff import errors
from handoff.entry import endings
from handoff.entry.endings import Ending
from handoff.errors import Problem

_ENDINGS: dict[type[Problem], Ending] = {
    errors.MalformedRequest: endings.INCOMPLETE,
    errors.RequestInvalid: endings.INCOMPLETE,
    errors.RequestTooLarge: endings.INCOMPLETE,
    errors.UnsupportedMediaType: endings.INCOMPLETE,
    errors.CustomerTokenRejected: endings.SIGNED_OUT,
    errors.QuoteNotFound: endings.BAG_UNKNOWN,
    errors.QuoteEmpty: endings.EMPTY,
    errors.QuoteOrdered: endings.ORDERED,
    errors.TooManyRequests: endings.TOO_MANY,
}


def ending_of(problem: Problem) -> Ending:
    """Return the ending for a problem; one that is not listed is the shop's no, or passes."""
    passes = problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return _ENDINGS.get(type(problem), endings.TRY_LATER if passes else endings.REFUSED)

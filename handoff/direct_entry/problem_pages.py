"""What a shopper is told of a transfer that failed: the ending for each problem."""

from __future__ import annotations

from http import HTTPStatus

from handoff import problems
from handoff.entry import result_pages
from handoff.entry.result_pages import ResultPage
from handoff.problems import Problem

_ENDINGS: dict[type[Problem], ResultPage] = {
    problems.MalformedRequest: result_pages.INCOMPLETE,
    problems.RequestInvalid: result_pages.INCOMPLETE,
    problems.RequestTooLarge: result_pages.INCOMPLETE,
    problems.UnsupportedMediaType: result_pages.INCOMPLETE,
    problems.CustomerTokenRejected: result_pages.SIGNED_OUT,
    problems.QuoteNotFound: result_pages.BAG_UNKNOWN,
    problems.QuoteEmpty: result_pages.EMPTY,
    problems.QuoteOrdered: result_pages.ORDERED,
    problems.TooManyRequests: result_pages.TOO_MANY,
}


def result_page_for(problem: Problem) -> ResultPage:
    """Return the ending for a problem; one that is not listed is the shop's no, or passes."""
    passes = problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return _ENDINGS.get(type(problem), result_pages.TRY_LATER if passes else result_pages.REFUSED)

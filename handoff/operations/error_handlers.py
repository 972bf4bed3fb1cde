"""What nobody else has handled: unknown addresses, wrong methods, bodies too large, our faults.

Poq's side gets a problem, a web view a page. Neither learns anything about the inside.
"""

from __future__ import annotations

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from handoff import problems
from handoff.entry import result_pages
from handoff.entry.page_rendering import render_result_page
from handoff.operations.problem_response import answer_problem

log = structlog.get_logger()


def register_error_handlers(app: Flask) -> None:
    """Answer every failure of the app in the form that its caller reads."""
    app.register_error_handler(HTTPException, _http_failure)
    app.register_error_handler(Exception, _fault)


def _http_failure(failure: HTTPException) -> Response:
    if not request.path.startswith("/api/"):
        response = render_result_page(result_pages.UNKNOWN)
        response.status_code = failure.code or result_pages.UNKNOWN.status
    elif isinstance(failure, RequestEntityTooLarge):
        response = answer_problem(problems.RequestTooLarge())
    elif isinstance(failure, MethodNotAllowed):
        response = answer_problem(problems.MethodNotAllowed())
    elif (failure.code or 0) == problems.NotFound.status:
        response = answer_problem(problems.NotFound())
    else:
        response = answer_problem(problems.MalformedRequest())
    if isinstance(failure, MethodNotAllowed) and failure.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(failure.valid_methods))
    return response


def _fault(error: Exception) -> Response:
    log.exception("unhandled_error", error=type(error).__name__)
    if request.path.startswith("/api/"):
        return answer_problem(problems.InternalError())
    return render_result_page(result_pages.FAULT)

"""Responses to unknown addresses, to wrong methods, and to errors in this service.

Callers of `/api/` get a problem, web views get a result page. Neither reveals anything internal.
"""

from __future__ import annotations

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    RequestEntityTooLarge,
    RequestHeaderFieldsTooLarge,
)

from handoff import problems
from handoff.entry import result_pages
from handoff.entry.page_rendering import PageRenderer
from handoff.entry.result_pages import ResultPage
from handoff.operations.problem_response import build_problem_response
from handoff.problems import Problem

log = structlog.get_logger()


def register_error_handlers(app: Flask, pages: PageRenderer) -> None:
    """Handle every exception that the views of an app do not handle."""

    @app.errorhandler(HTTPException)
    def _handle_http_exception(error: HTTPException) -> Response:
        if _is_api_request():
            response = build_problem_response(_build_problem(error))
        else:
            response = pages.render_result_page(_choose_page(error))
            response.status_code = error.code or result_pages.UNKNOWN.status
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    @app.errorhandler(Exception)
    def _handle_unexpected_exception(error: Exception) -> Response:
        log.exception("unhandled_error", error=type(error).__name__)
        if _is_api_request():
            return build_problem_response(problems.InternalError())
        return pages.render_result_page(result_pages.FAULT)


def _is_api_request() -> bool:
    return request.path.startswith("/api/")


def _choose_page(error: HTTPException) -> ResultPage:
    is_link = request.path.startswith("/h/")
    if error.code == result_pages.NO_PAGE.status and not is_link:
        return result_pages.NO_PAGE
    return result_pages.UNKNOWN


def _build_problem(error: HTTPException) -> Problem:
    if isinstance(error, RequestEntityTooLarge):
        return problems.RequestTooLarge()
    if isinstance(error, MethodNotAllowed):
        return problems.MethodNotAllowed()
    if isinstance(error, RequestHeaderFieldsTooLarge):
        return problems.MalformedRequest("A header is too long.")
    if error.code == problems.NotFound.status:
        return problems.NotFound()
    return problems.MalformedRequest()

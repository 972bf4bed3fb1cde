"""The response for a problem: `application/problem+json`."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from flask import Response, jsonify

from handoff.problems import KeyRejected, Problem

log = structlog.get_logger()


def build_problem_response(problem: Problem) -> Response:
    """Return the problem's JSON with its status and headers, and write its code to the log."""
    structlog.contextvars.bind_contextvars(code=problem.code)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("transfer_failed", detail=problem.detail)
    response = jsonify(problem.as_json())
    response.status_code = problem.status
    response.mimetype = "application/problem+json"
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    if isinstance(problem, KeyRejected):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response

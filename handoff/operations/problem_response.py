"""Problems on the wire: `application/problem+json`."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from flask import Response, jsonify

from handoff.problems import KeyRejected, Problem

log = structlog.get_logger()


def answer_problem(problem: Problem) -> Response:
    """Answer with a problem's JSON, its status and the headers that belong to it."""
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

"""The error pages of the ops pages; none of them repeats anything of the request."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from flask import Flask, render_template
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from handoff.problems import LedgerUnavailable

_TEXTS = {
    HTTPStatus.NOT_FOUND: "There is no page here.",
    HTTPStatus.FORBIDDEN: "Another website has sent this form. Open the page again and repeat it.",
    HTTPStatus.MISDIRECTED_REQUEST: (
        "These pages answer at the address of HANDOFF_OPS_URL only. Without one, they answer on "
        "this machine, at 127.0.0.1 and localhost."
    ),
}

log = structlog.get_logger()


def register_error_pages(app: Flask) -> None:
    """Handle every exception that the views do not handle."""

    @app.errorhandler(LedgerUnavailable)
    def _show_ledger_unavailable(_error: LedgerUnavailable) -> tuple[str, int]:
        text = "The ledger cannot be used now. The log says why (ledger_failed)."
        return _render_error(HTTPStatus.SERVICE_UNAVAILABLE, text)

    @app.errorhandler(HTTPException)
    def _show_http_error(error: HTTPException) -> tuple[str, int] | tuple[str, int, dict[str, str]]:
        status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
        page = _render_error(status, _TEXTS.get(status, "The request cannot be handled."))
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            return (*page, {"Allow": ", ".join(sorted(error.valid_methods))})
        return page

    @app.errorhandler(Exception)
    def _show_unexpected_error(error: Exception) -> tuple[str, int]:
        log.exception("unhandled_error", error=type(error).__name__)
        text = "Handoff has made a mistake. The log has the details (unhandled_error)."
        return _render_error(HTTPStatus.INTERNAL_SERVER_ERROR, text)


def _render_error(status: HTTPStatus, text: str) -> tuple[str, int]:
    """Return a page with the phrase of a status and a sentence."""
    return render_template("error.html", title=status.phrase, text=text), status

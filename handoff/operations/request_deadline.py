"""How long a request may take."""

from __future__ import annotations

from flask import Flask

from handoff.deadline import begin_request, end_request


def add_request_deadline(app: Flask, seconds: float) -> None:
    """Let the shop, the ledger and whoever else is waited for share one limit for each request."""

    @app.before_request
    def _begin() -> None:
        begin_request(seconds)

    @app.teardown_request
    def _end(_error: BaseException | None) -> None:
        end_request()

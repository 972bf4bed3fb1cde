"""Magento's maintenance mode: while a flag file exists, every request is answered with 503."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_PAGE = b"<!doctype html><title>503</title><h1>Service Temporarily Unavailable</h1>"


def get_flag_file(session_path: Path) -> Path:
    """Return the flag of the shop with this save path of sessions."""
    return session_path.with_name(f"{session_path.name}.maintenance.flag")


class MaintenanceMode:
    """Middleware that answers for the shop while the flag exists."""

    def __init__(self, app: WSGIApplication, session_path: Path) -> None:
        self._app = app
        self._flag = get_flag_file(session_path)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not self._flag.exists():
            return self._app(environ, start_response)
        headers = [("Content-Type", "text/html"), ("Content-Length", str(len(_PAGE)))]
        start_response("503 Service Unavailable", headers)
        return [_PAGE]

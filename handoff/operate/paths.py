"""Where the service stands: below the path of its public address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

from handoff.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def serve_below(app: Flask, settings: Settings) -> None:
    """Answer below the public path, whether or not the proxy before us takes it off."""
    wsgi: WSGIApplication = _Below(app.wsgi_app, settings.public.path)
    app.wsgi_app = wsgi  # type: ignore[assignment,method-assign]


class _Below:
    def __init__(self, app: WSGIApplication, path: str) -> None:
        self._app = app
        self._path = path

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if self._path and path.startswith(f"{self._path}/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + self._path
            environ["PATH_INFO"] = path[len(self._path) :]
        return self._app(environ, start)

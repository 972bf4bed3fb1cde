"""Where the service stands: below the paths of its public addresses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

from handoff.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def add_path_prefix_middleware(app: Flask, settings: Settings) -> None:
    """Answer below the public paths, whether or not the proxy before us takes them off."""
    # The longest first, should one begin with another.
    paths = sorted(settings.public_paths - {""}, key=len, reverse=True)
    wsgi: WSGIApplication = _Below(app.wsgi_app, paths)
    app.wsgi_app = wsgi  # type: ignore[assignment,method-assign]


class _Below:
    def __init__(self, app: WSGIApplication, paths: list[str]) -> None:
        self._app = app
        self._paths = paths

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        asked = environ.get("PATH_INFO", "")
        path = next((path for path in self._paths if asked.startswith(f"{path}/")), None)
        if path is not None:
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + path
            environ["PATH_INFO"] = asked[len(path) :]
        return self._app(environ, start)

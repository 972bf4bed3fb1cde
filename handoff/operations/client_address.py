"""Who asks, behind the proxies before us."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from flask import Flask

from handoff.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def add_client_address_middleware(app: Flask, settings: Settings) -> None:
    """Let `request.remote_addr` be the address that the first of our own proxies saw.

    Each of them adds one to `X-Forwarded-For`; what a client wrote there itself stands before
    those and is never believed. Scheme, host and path are settings, so nothing else is read.
    """
    if settings.trusted_proxies:
        wsgi: WSGIApplication = _Behind(app.wsgi_app, settings.trusted_proxies)
        app.wsgi_app = wsgi  # type: ignore[assignment,method-assign]


class _Behind:
    # werkzeug's ProxyFix reads the header as a list with quoted strings. There a client's own
    # quotation mark voids all of it, and with it the address that our proxy has added.
    def __init__(self, app: WSGIApplication, proxies: int) -> None:
        self._app = app
        self._proxies = proxies

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        seen = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(seen) >= self._proxies:
            address = seen[-self._proxies].strip()
            if _is_address(address):
                environ["REMOTE_ADDR"] = address
        return self._app(environ, start)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True

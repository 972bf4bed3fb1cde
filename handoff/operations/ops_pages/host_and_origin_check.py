"""Refuses requests to the ops pages for another host or from another website."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Flask, Request, abort, request

from handoff.url_validation import is_loopback


def refuse_foreign_requests(app: Flask, ops_url: str | None) -> None:
    """Serve the pages at `ops_url` only, or without one, at the names of this machine."""

    @app.before_request
    def _refuse_foreign_requests() -> None:
        if not is_own_host(request.host, ops_url):
            abort(HTTPStatus.MISDIRECTED_REQUEST)
        if request.method not in ("GET", "HEAD") and is_cross_origin(request, ops_url):
            abort(HTTPStatus.FORBIDDEN)


def is_own_host(host: str, ops_url: str | None) -> bool:
    """Return whether a `Host` header names the address of the pages.

    A website whose name leads to this machine (DNS rebinding) sends its own name.
    """
    try:
        parts = urlsplit(f"//{host}")
        hostname, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if ops_url is None:
        return parts.netloc == host and "@" not in host and is_loopback(hostname)
    own = urlsplit(ops_url)
    default_port = 443 if own.scheme == "https" else 80
    is_named = host.lower() in (own.netloc, f"{own.netloc}:{default_port}")
    return is_named and (port or default_port) == (own.port or default_port)


def is_cross_origin(checked: Request, ops_url: str | None) -> bool:
    """Return whether a browser says that another website has sent a form.

    A program that is no browser sends none of the two headers.
    """
    origin = checked.headers.get("Origin")
    if origin is None:
        return checked.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin"
    return origin != (ops_url or f"http://{checked.host}")

"""Adds the headers to all ops pages that tell browsers what the pages may do."""

from __future__ import annotations

from flask import Flask, Response

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # With `no-referrer`, browsers would send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
_TWO_YEARS = 63_072_000  # seconds


def add_ops_security_headers(app: Flask, ops_url: str | None) -> None:
    """Add the headers to every answer, with HSTS if `ops_url` is https."""

    @app.after_request
    def _add_headers(response: Response) -> Response:
        response.headers.update(_HEADERS)
        if ops_url and ops_url.startswith("https:"):
            response.headers["Strict-Transport-Security"] = f"max-age={_TWO_YEARS}"
        return response

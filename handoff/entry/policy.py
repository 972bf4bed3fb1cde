"""The headers of everything that a web view gets from us."""

from __future__ import annotations

from flask import Flask, Response

from handoff.settings import Settings

_TWO_YEARS = 63_072_000  # seconds


def protect(app: Flask, settings: Settings) -> None:
    """Send the headers with everything that the app answers."""
    headers = _headers(settings)

    @app.after_request
    def _protect(response: Response) -> Response:
        response.headers.update(headers)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def _headers(settings: Settings) -> dict[str, str]:
    """Allow our own script and style, the way to the shop, and nothing else."""
    # Browsers apply `form-action` to the redirects after a form, too.
    targets = " ".join(("'self'", *settings.form_targets))
    headers = {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            f"form-action {targets}; frame-ancestors 'none'; base-uri 'none'"
        ),
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        # The origin is what the shop needs; the path, which is the link, is never sent.
        "Referrer-Policy": "strict-origin",
    }
    if settings.public.scheme == "https":
        headers["Strict-Transport-Security"] = f"max-age={_TWO_YEARS}"
    return headers

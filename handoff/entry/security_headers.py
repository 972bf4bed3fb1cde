"""The headers of everything that a web view gets from us."""

from __future__ import annotations

from flask import Flask, Response

from handoff.settings import Settings

_TWO_YEARS = 63_072_000  # seconds


def add_security_headers(app: Flask, settings: Settings) -> None:
    """Send the headers with everything that the app answers."""
    headers = _headers(settings)

    @app.after_request
    def _protect(response: Response) -> Response:
        response.headers.extend(headers)
        # `private`, or Magento's own VCL takes the cookies off, though it keeps nothing.
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


def _headers(settings: Settings) -> dict[str, str]:
    """Allow our own script and style, the way to the shop, what the settings name, no more."""
    # Browsers apply `form-action` to the redirects after a form, too.
    targets = " ".join(("'self'", *settings.form_action_origins))
    headers = {
        "Content-Security-Policy": (
            f"default-src 'none'; script-src {_own_and(settings.poq_script_url)}; "
            f"style-src 'self'; img-src {_own_and(settings.shop_logo_url)}; "
            f"form-action {targets}; frame-ancestors 'none'; base-uri 'none'"
        ),
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        # The origin is what the shop needs; the path, which is the link, is never sent.
        "Referrer-Policy": "strict-origin",
    }
    if settings.public_url.startswith("https:"):
        headers["Strict-Transport-Security"] = f"max-age={_TWO_YEARS}"
    return headers


def _own_and(url: str | None) -> str:
    # ';' and ',' end a part of the policy; '?' and what follows are no part of a source.
    source = (url or "").split("?")[0].replace(";", "%3B").replace(",", "%2C")
    return f"'self' {source}".rstrip()

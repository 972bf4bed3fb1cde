"""The headers of everything that a web view gets from us."""

from __future__ import annotations

from flask import Response

from handoff.settings import Settings

_TWO_YEARS = 63_072_000  # seconds


def protect(response: Response, settings: Settings) -> Response:
    """Allow our own script and style, the way to the shop, what the settings name, no more."""
    # Browsers apply `form-action` to the redirects after a form, too.
    targets = " ".join(("'self'", *settings.form_targets))
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src {_own_and(settings.poq_script_url)}; style-src 'self'; "
        f"img-src {_own_and(settings.shop_logo_url)}; form-action {targets}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["X-Content-Type-Options"] = "nosniff"
    # The origin is what the shop needs; the path, which is the link, is never sent.
    response.headers["Referrer-Policy"] = "strict-origin"
    response.headers.setdefault("Cache-Control", "no-store")
    if settings.public.scheme == "https":
        response.headers["Strict-Transport-Security"] = f"max-age={_TWO_YEARS}"
    return response


def _own_and(url: str | None) -> str:
    # ';' and ',' end a part of the policy; '?' and what follows are no part of a source.
    source = (url or "").split("?")[0].replace(";", "%3B").replace(",", "%2C")
    return f"'self' {source}".rstrip()

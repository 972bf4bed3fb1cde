"""The security headers that every response has, such as the Content-Security-Policy."""

from __future__ import annotations

from flask import Flask, Response

from handoff.settings import Settings

_TWO_YEARS = 63_072_000  # seconds

POLICY_HEADER = "Content-Security-Policy"


def add_security_headers(app: Flask, settings: Settings) -> None:
    """Add the headers to every response of the app; a view may set a policy of its own."""
    # Without `private`, Magento's own VCL for Varnish removes the cookies from a response.
    headers = {**build_security_headers(settings), "Cache-Control": "private, no-store"}

    @app.after_request
    def _add_headers(response: Response) -> Response:
        # One look at the names: `setdefault` would compare each header with all of the cookies.
        present = set(response.headers.keys(lower=True))
        missing = [(name, headers[name]) for name in headers if name.lower() not in present]
        response.headers.extend(missing)
        return response


def build_security_headers(settings: Settings) -> dict[str, str]:
    """Return the headers of all responses."""
    headers = {
        POLICY_HEADER: build_policy(settings),
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        # The shop needs the origin. The path, which is the link, is never sent.
        "Referrer-Policy": "strict-origin",
    }
    if settings.public_url.startswith("https:"):
        headers["Strict-Transport-Security"] = f"max-age={_TWO_YEARS}"
    return headers


def build_policy(settings: Settings, *script_sources: str) -> str:
    """Return a policy that allows our files, the shop, URLs of the settings, and some scripts."""
    # Browsers apply `form-action` to the redirects that follow a form as well.
    form_targets = " ".join(("'self'", *settings.form_action_origins))
    scripts = " ".join([_build_source_list(settings.poq_script_url), *script_sources])
    logos = _build_source_list(settings.shop_logo_url, settings.shop_logo_dark_url)
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src {logos}; "
        f"form-action {form_targets}; frame-ancestors 'none'; base-uri 'none'"
    )


def _build_source_list(*urls: str | None) -> str:
    # `;` and `,` would end the directive. A source has no query string.
    paths = [url.split("?")[0] for url in urls if url]
    sources = [path.replace(";", "%3B").replace(",", "%2C") for path in paths]
    return " ".join(["'self'", *dict.fromkeys(sources)])

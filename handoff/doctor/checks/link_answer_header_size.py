"""Check of the headers that a used link answers with: a proxy's buffer has to hold them."""

from __future__ import annotations

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, ok, warning
from handoff.settings.store_view_models import StoreSite

_DEFAULT_BUFFER = 4096  # bytes, nginx's default `proxy_buffer_size`
# The status line and the headers of gunicorn: Server, Date, Connection, Content-Type and -Length.
_OTHER_HEADERS = 220


def check_link_answer_header_size(context: CheckContext, site: StoreSite) -> CheckResult:
    """Measure the longest headers that a used link of a site may answer with."""
    # These need Flask, which the other checks do not.
    from handoff.entry.expired_cookies import list_cookies_to_expire
    from handoff.entry.shop_cookies import build_cookie_expiry_headers, measure_set_cookies
    from handoff.operations.security_headers import build_security_headers

    headers = {**build_security_headers(context.settings), "Location": site.landing_url}
    others = sum(len(f"{name}: {value}\r\n") for name, value in headers.items()) + _OTHER_HEADERS
    cookies = measure_set_cookies(site)
    seen = f"Up to {cookies + others:,} bytes of headers, {cookies:,} of them Set-Cookie."
    left_out = len(list_cookies_to_expire(site)) - len(build_cookie_expiry_headers(site))
    if left_out:
        seen += f" There is no room to expire {left_out} session cookies with a long path."
    if cookies + others <= _DEFAULT_BUFFER:
        return ok(seen)
    return warning(
        f"{seen} nginx answers 502 if they do not fit its buffer, by default {_DEFAULT_BUFFER:,}.",
        "Set `proxy_buffer_size 16k;` in nginx for the service, or name fewer hosts in "
        "HANDOFF_CHECKOUT_HOSTS and HANDOFF_STORES.",
    )

"""The cookies that identify a handoff's web view: only that web view may use the link again.

Each response with the entry page sets a new cookie, unless the web view already has one for this
handoff. Two simultaneous responses set two cookies with different names, so neither replaces the
other: the web view can show whichever used the link.

On https the names begin with a prefix that browsers protect. They accept `__Host-` only from this
host itself, and `__Secure-` only over https.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field

from flask import Request, Response
from werkzeug.http import dump_cookie

from handoff.settings.store_view_models import StoreSite

_MAX_COOKIES = 8
_NAME_SUFFIX = re.compile("[0-9a-f]{6}")
_VALUE = re.compile("[A-Za-z0-9_-]{22,64}")


@dataclass(frozen=True, slots=True)
class WebViewCookies:
    """The cookies, by name, that a web view sent for a handoff on a site, or one new cookie.

    `lifetime` is in seconds: how long the web view may use the link.
    """

    site: StoreSite
    lifetime: int
    values: dict[str, str] = field(repr=False)

    @property
    def hashes(self) -> list[str]:
        """The hashes of the values, which the ledger stores; a use of the link saves the first."""
        return [hashlib.sha256(value.encode()).hexdigest() for value in self.values.values()]

    def set_on(self, response: Response) -> None:
        """Set the cookies on a response."""
        for name, value in self.values.items():
            cookie = dump_cookie(
                name,
                value,
                max_age=self.lifetime,
                sync_expires=False,  # `Expires` would depend on the phone's own clock
                path=_choose_path(self.site),
                secure=self.site.public_parts.scheme == "https",
                httponly=True,
                samesite="Lax",
            )
            response.headers.add("Set-Cookie", cookie)


def read_web_view_cookies(
    request: Request, handoff_id: str, site: StoreSite, *, lifetime: int
) -> WebViewCookies:
    """Return the request's cookies for a handoff, or a new cookie if there is none."""
    id_hash = hashlib.sha256(handoff_id.encode()).hexdigest()[:12]
    prefix = f"{_choose_name_prefix(site)}handoff_{id_hash}_"
    sent = [
        (name, value)
        for name, value in sorted(request.cookies.items())
        if _NAME_SUFFIX.fullmatch(name.removeprefix(prefix)) and _VALUE.fullmatch(value)
    ]
    new = (f"{prefix}{secrets.token_hex(3)}", secrets.token_urlsafe(16))
    return WebViewCookies(site, lifetime, dict(sent[:_MAX_COOKIES] or [new]))


def _choose_name_prefix(site: StoreSite) -> str:
    if site.public_parts.scheme != "https":
        return ""
    return "__Secure-" if site.public_parts.path else "__Host-"


def _choose_path(site: StoreSite) -> str:
    # `__Host-` requires the path `/`. Below a path prefix, only links need the cookie.
    return "/" if _choose_name_prefix(site) == "__Host-" else f"{site.public_parts.path}/h"

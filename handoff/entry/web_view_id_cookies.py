"""The cookies that identify a handoff's web view: only that web view may use the link again.

Each response with the entry page sets a new cookie, unless the web view already has one for this
handoff. Two simultaneous responses set two cookies with different names, so neither replaces the
other: the web view can show whichever used the link.

On https the names begin with `__Host-`, which browsers accept from this host itself only, and with
the path `/` only. Another host of the domain could set a cookie with any other name, give it to two
web views, and let the second one in.
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
_NAME_END = re.compile("[0-9a-f]{6}")
_VALUE = re.compile("[A-Za-z0-9_-]{22,64}")

# Earlier versions set this name below a path. Its value never becomes the ledger's, so it only lets
# a web view return that used its link before the upgrade.
_FORMER_PREFIX = "__Secure-"


@dataclass(frozen=True, slots=True)
class WebViewCookies:
    """The cookies, by name, that a web view sent for a handoff on a site, or one new cookie.

    `lifetime` is in seconds: how long the web view may use the link. `former` are the cookies that
    an earlier version has set. `is_new` says that the web view sent no cookie of this version.
    """

    site: StoreSite
    lifetime: int
    is_new: bool
    values: dict[str, str] = field(repr=False)
    former: dict[str, str] = field(repr=False)

    @property
    def hashes(self) -> list[str]:
        """The hashes of all values. A use of the link saves the first, which is never a former."""
        return [_hash_value(value) for value in (*self.values.values(), *self.former.values())]

    @property
    def has_sent_any(self) -> bool:
        """Whether the web view sent a cookie for this handoff."""
        return not self.is_new or bool(self.former)

    def set_cookies(self, response: Response, *, used_hash: str | None = None) -> None:
        """Set the cookies on a response; with `used_hash` only the one that has used the link."""
        is_https = self.site.public_parts.scheme == "https"
        for name, value in self.values.items():
            if used_hash not in (None, _hash_value(value)):
                continue
            cookie = dump_cookie(
                name,
                value,
                max_age=self.lifetime,
                sync_expires=False,  # `Expires` would depend on the phone's own clock
                path="/" if is_https else f"{self.site.public_parts.path}/h",
                secure=is_https,
                httponly=True,
                samesite="Lax",
            )
            response.headers.add("Set-Cookie", cookie)


def read_web_view_cookies(
    request: Request, handoff_id: str, site: StoreSite, *, lifetime: int
) -> WebViewCookies:
    """Return the request's cookies for a handoff, or a new cookie if there is none."""
    is_https = site.public_parts.scheme == "https"
    name = f"handoff_{hashlib.sha256(handoff_id.encode()).hexdigest()[:12]}_"
    prefix = f"__Host-{name}" if is_https else name
    sent = _find_cookies(request, prefix)
    former = _find_cookies(request, f"{_FORMER_PREFIX}{name}") if is_https else {}
    new = {f"{prefix}{secrets.token_hex(3)}": secrets.token_urlsafe(16)}
    return WebViewCookies(site, lifetime, not sent, sent or new, former)


def _find_cookies(request: Request, prefix: str) -> dict[str, str]:
    found = [
        (name, value)
        for name, value in sorted(request.cookies.items())
        if name.startswith(prefix)
        and _NAME_END.fullmatch(name, len(prefix))
        and _VALUE.fullmatch(value)
    ]
    return dict(found[:_MAX_COOKIES])


def _hash_value(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()

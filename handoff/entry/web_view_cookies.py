"""The opener: the one web view that a link lets in, known by a cookie that only it has.

Each look at the page hands a web view a cookie of its own, unless it has one for this handoff.
Two looks at once leave two, neither of which overwrites the other: whichever spent the link,
the web view can show it.

On https the names begin with a prefix, for which browsers see to it that nobody else sets them:
`__Host-` not even another host of the domain, `__Secure-` nobody on plain http.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field

from flask import Request, Response
from werkzeug.http import dump_cookie

from handoff.settings import Settings
from handoff.settings.store_sites import StoreSite

_MOST = 8
_NAME_END = re.compile("[0-9a-f]{6}")
_VALUE = re.compile("[A-Za-z0-9_-]{22,64}")


@dataclass(frozen=True, slots=True)
class WebViewCookies:
    """The cookies that a web view has for a handoff: by name, those it has shown or a fresh one."""

    cookies: dict[str, str] = field(repr=False)

    @property
    def hashes(self) -> list[str]:
        """What the ledger may know of them, the one that would spend the link first."""
        return [hashlib.sha256(value.encode()).hexdigest() for value in self.cookies.values()]

    def hand_over(self, response: Response, place: StoreSite, settings: Settings) -> None:
        """Set the cookies in a place, for as long from now as they can be of use."""
        for name, value in self.cookies.items():
            cookie = dump_cookie(
                name,
                value,
                max_age=settings.link_ttl + settings.reopen_grace,
                sync_expires=False,  # which would go by the phone's own clock
                path=_path(place),
                secure=place.public_parts.scheme == "https",
                httponly=True,
                samesite="Lax",
            )
            response.headers.add("Set-Cookie", cookie)


def read_web_view_cookies(request: Request, handoff_id: str, place: StoreSite) -> WebViewCookies:
    """Read the opener cookies for a handoff from a request, and make one where there is none."""
    of_the_handoff = hashlib.sha256(handoff_id.encode()).hexdigest()[:12]
    prefix = f"{_guard(place)}handoff_{of_the_handoff}_"
    shown = [
        (name, value)
        for name, value in sorted(request.cookies.items())
        if _NAME_END.fullmatch(name.removeprefix(prefix)) and _VALUE.fullmatch(value)
    ]
    fresh = (f"{prefix}{secrets.token_hex(3)}", secrets.token_urlsafe(16))
    return WebViewCookies(dict(shown[:_MOST] or [fresh]))


def _guard(place: StoreSite) -> str:
    if place.public_parts.scheme != "https":
        return ""
    return "__Secure-" if place.public_parts.path else "__Host-"


def _path(place: StoreSite) -> str:
    # `__Host-` asks for the whole host; below a path the cookie is for links alone.
    return "/" if _guard(place) == "__Host-" else f"{place.public_parts.path}/h"

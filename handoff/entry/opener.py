"""The opener: the one web view that a link lets in, known by a cookie that only it has.

Each look at the page hands a web view a cookie of its own, unless it has one for this handoff.
Two looks at once leave two, neither of which overwrites the other: whichever spent the link,
the web view can show it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

from flask import Request, Response

from handoff.settings import Settings

_MOST = 8
_VALUE = re.compile(r"^[A-Za-z0-9_-]{22,64}$")


@dataclass(frozen=True, slots=True)
class Openers:
    """The cookies that a web view shows for a handoff, and a fresh one where it shows none."""

    prefix: str
    shown: tuple[str, ...]
    fresh: str | None

    @property
    def hashes(self) -> list[str]:
        """What the ledger may know of them, the one that would spend the link first."""
        return [hashlib.sha256(value.encode()).hexdigest() for value in self._values]

    def hand_over(self, response: Response, settings: Settings) -> None:
        """Set the fresh cookie, if there is one, for as long as it can be of use."""
        if self.fresh is None:
            return
        response.set_cookie(
            f"{self.prefix}{secrets.token_hex(3)}",
            self.fresh,
            max_age=settings.link_ttl + settings.reopen_grace,
            path=f"{settings.public.path}/h",
            secure=settings.public.scheme == "https",
            httponly=True,
            samesite="Lax",
        )

    @property
    def _values(self) -> tuple[str, ...]:
        return self.shown or ((self.fresh,) if self.fresh else ())


def openers_of(request: Request, handoff_id: str) -> Openers:
    """Read the opener cookies for a handoff from a request, and make one where there is none."""
    prefix = f"handoff_{hashlib.sha256(handoff_id.encode()).hexdigest()[:12]}_"
    shown = tuple(
        value
        for name, value in sorted(request.cookies.items())
        if name.startswith(prefix) and _VALUE.match(value)
    )[:_MOST]
    return Openers(prefix, shown, None if shown else secrets.token_urlsafe(16))

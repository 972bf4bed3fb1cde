"""The cookies by which pages of the shop can tell the app about checkout and the order.

One is a marker: scripts of the shop can read it, and it only says that the web view came through
this service. The other one is signed and HttpOnly, and tells the service which handoffs a page asks
about. It is no link token: it gives no right to open a link again. Both live as long as the shop
session.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from http.cookies import SimpleCookie

from itsdangerous import BadSignature, Signer

from handoff.settings.store_view_models import StoreSite

_SALT = "handoff.web-checkout.v1"
_SEPARATOR = "~"
_MAX_HANDOFFS = 3  # a page of an earlier handoff may still be open in the same web view
_HANDOFF_ID = re.compile("[A-Za-z0-9_-]{22}")
_MARKER_NAME = "handoff_app"
_SIGNED_NAME = "handoff_web_checkout"


class WebCheckoutCookies:
    """Builds the two cookies, and reads the signed one."""

    def __init__(self, secret_key: str, *, previous: Sequence[str] = ()) -> None:
        """`previous` are earlier secret keys, in any order; cookies signed with them stay valid."""
        # itsdangerous signs with the last key of its list.
        self._signer = Signer(
            [*previous, secret_key], salt=_SALT, key_derivation="hmac", digest_method=hashlib.sha256
        )

    def build_headers(self, handoff_ids: Sequence[str], site: StoreSite) -> list[str]:
        """Return the values of two Set-Cookie headers for handoffs, the latest first.

        At most three handoffs are kept.
        """
        latest = list(dict.fromkeys(handoff_ids))[:_MAX_HANDOFFS]
        value = self._signer.sign(_SEPARATOR.join(latest)).decode()
        # On another host than the shop's, only the shop's cookie domain covers both.
        domain = None if site.is_on_shop_host else site.session_cookie.named_domain
        return [
            _build_cookie(_MARKER_NAME, "1", site, domain=domain),
            _build_cookie(_get_signed_name(site), value, site, http_only=True),
        ]

    def read_handoff_ids(self, sent: Mapping[str, str], site: StoreSite) -> list[str]:
        """Return the handoffs of the cookies that a browser sent; empty without a valid one."""
        try:
            value = sent.get(_get_signed_name(site), "")
            ids = self._signer.unsign(value).decode("ascii").split(_SEPARATOR)
        except (BadSignature, UnicodeError):
            return []
        return [handoff_id for handoff_id in ids if _HANDOFF_ID.fullmatch(handoff_id)]


def _get_signed_name(site: StoreSite) -> str:
    # Browsers accept this prefix only from the host itself, so no other host can set the cookie.
    return f"__Host-{_SIGNED_NAME}" if site.public_parts.scheme == "https" else _SIGNED_NAME


def _build_cookie(
    name: str, value: str, site: StoreSite, *, domain: str | None = None, http_only: bool = False
) -> str:
    cookie = SimpleCookie({name: value})[name]
    cookie["path"] = "/"
    cookie["samesite"] = "Lax"
    cookie["secure"] = site.session_cookie.secure
    cookie["httponly"] = http_only
    if domain:
        cookie["domain"] = domain
    if site.session_cookie.lifetime:
        cookie["max-age"] = site.session_cookie.lifetime
    return cookie.OutputString()

"""The cookies that put a web view into a new session of the shop and displace the last shopper."""

from __future__ import annotations

import secrets

from flask import Response

from handoff.settings import Settings

_TEN_YEARS = 315_360_000  # seconds, as Magento gives `private_content_version`


def enter_session(response: Response, session_id: str, settings: Settings) -> None:
    """Set the shop's session cookie as the shop sets its own, and void what its scripts keep.

    Magento's scripts hold the cart, the customer's name and a half-typed address in the browser.
    They throw it away when `mage-cache-sessid` is gone and `private_content_version` is new.
    """
    cookie = settings.session_cookie
    response.set_cookie(
        cookie.name,
        session_id,
        max_age=cookie.lifetime,
        domain=cookie.domain,
        path=cookie.path,
        secure=cookie.secure,
        httponly=True,
        samesite=cookie.samesite,
    )
    # The scripts may have set it for the host alone or for the cookie domain.
    for domain in (None, cookie.domain):
        response.delete_cookie("mage-cache-sessid", domain=domain, path=cookie.path)
    response.set_cookie(
        "private_content_version",
        secrets.token_hex(16),
        max_age=_TEN_YEARS,
        path=cookie.path,
        secure=cookie.secure,
        samesite="Lax",
    )

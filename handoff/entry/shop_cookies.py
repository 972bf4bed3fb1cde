"""Sets the shop's cookies: they open the new shop session and remove the last shopper's data.

A real Magento 2.4.7 in Chromium has shown which cookies its scripts set only for the shop's host,
and which ones they set for the cookie domain.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from functools import cache
from urllib.parse import quote, unquote

from flask import Response
from werkzeug.http import dump_cookie

from handoff.entry.expired_cookies import list_cookies_to_expire
from handoff.settings.store_view_models import StoreSite

MAX_SET_COOKIE_BYTES = 3050
"""The most bytes of `Set-Cookie` headers in one answer; nginx's default buffer holds 4 KB."""

# Bytes that are kept for the cookies of the web view and of the web checkout.
_OTHER_COOKIES_BYTES = 460

# Seconds; Magento gives `store` and `private_content_version` the same lifetimes.
_ONE_YEAR = 31_536_000
_TEN_YEARS = 315_360_000

# The sections that Magento's scripts have to reload: the mini-cart, the customer's name, and the
# countries. Without the countries, checkout shows addresses without a country.
_SECTIONS = ("cart", "customer", "directory-data")
_SECTION_NAME = re.compile(r"[a-z][a-z0-9_-]{0,60}")
_MAX_SECTIONS_LENGTH = 500  # characters of `section_data_ids`; Magento with Luma needs 440
_MAX_SENT_LENGTH = 4096  # browsers accept no longer cookie

_SESSION_ID_LENGTH = 32  # of the longest that PHP makes with its usual settings


def set_shop_cookies(
    response: Response, session_id: str, sent_cookies: Mapping[str, str], site: StoreSite
) -> None:
    """Set the session cookie as the shop sets it, and make Magento's scripts drop their caches.

    The scripts keep the cart, the customer's name and a half-typed address in the browser. They
    clear these if `mage-cache-sessid` is missing, and reload the sections in `section_data_ids`.
    """
    sections = _build_section_data_ids(sent_cookies.get("section_data_ids", ""))
    own = _build_shop_cookie_headers(site, session_id, secrets.token_hex(16), sections)
    for header in (*build_cookie_expiry_headers(site), *own):
        response.headers.add("Set-Cookie", header)


def measure_set_cookies(site: StoreSite) -> int:
    """Return the most bytes of `Set-Cookie` headers that a used link may answer with."""
    return _measure_fixed_headers(site) + _measure_headers(build_cookie_expiry_headers(site))


@cache
def build_cookie_expiry_headers(site: StoreSite) -> tuple[str, ...]:
    """Return the Set-Cookie headers that expire cookies, as many as there is room for.

    The least important ones are left out.
    """
    room = MAX_SET_COOKIE_BYTES - _measure_fixed_headers(site)
    fitting = []
    for expired in list_cookies_to_expire(site):
        header = dump_cookie(
            expired.name, max_age=0, sync_expires=False, domain=expired.domain, path=expired.path
        )
        room -= _measure_headers([header])
        if room < 0:
            break
        fitting.append(header)
    return tuple(fitting)


def _build_shop_cookie_headers(
    site: StoreSite, session_id: str, version: str, sections: str
) -> list[str]:
    """Return the Set-Cookie headers with a value; a phone's clock cannot shorten their life."""
    cookie = site.session_cookie
    headers = [
        dump_cookie(
            cookie.name,
            session_id,
            max_age=cookie.lifetime or None,
            sync_expires=False,
            domain=cookie.domain,
            path=cookie.path,
            secure=cookie.secure,
            httponly=True,
            samesite=cookie.samesite,
        ),
        dump_cookie(
            "private_content_version",
            version,
            max_age=_TEN_YEARS,
            sync_expires=False,
            secure=cookie.secure,
            samesite="Lax",
        ),
        dump_cookie(
            "section_data_ids",
            sections,
            max_age=cookie.lifetime or None,
            sync_expires=False,
            domain=cookie.named_domain,
            secure=cookie.secure,
            samesite="Lax",
        ),
    ]
    # Our `store` cookie would not replace the one of another host, which the landing page sets.
    return [*headers, _build_store_header(site)] if site.is_on_shop_host else headers


def _build_store_header(site: StoreSite) -> str:
    """Return the header that the shop's store switcher sends.

    In another store view, for example one that the last shopper chose, checkout would convert the
    quote's total into that store view's currency.
    """
    return dump_cookie(
        "store",
        site.store_code,
        max_age=_ONE_YEAR,
        sync_expires=False,
        path=f"{site.storefront_parts.path}/",
        secure=site.session_cookie.secure,
        samesite="Lax",
    )


def _measure_fixed_headers(site: StoreSite) -> int:
    """Return the most bytes of all cookie headers that do not expire a cookie."""
    own = _build_shop_cookie_headers(
        site, "0" * _SESSION_ID_LENGTH, "0" * 32, sections="0" * _MAX_SECTIONS_LENGTH
    )
    domain = site.session_cookie.named_domain or ""  # one of the other cookies has it
    return _measure_headers(own) + _OTHER_COOKIES_BYTES + len(f"; Domain={domain}")


def _measure_headers(values: Iterable[str]) -> int:
    return sum(len(f"Set-Cookie: {value}\r\n") for value in values)


def _build_section_data_ids(sent: str) -> str:
    """Return the cookie value that names the sections to load: ours, and those in the request."""
    try:
        known = json.loads(unquote(sent)) if len(sent) <= _MAX_SENT_LENGTH else None
    except (ValueError, RecursionError):
        known = None
    names = known if isinstance(known, dict) else {}
    wanted = dict.fromkeys(_SECTIONS, 1)
    length = len(_encode_json(wanted))
    for name in names:
        if name in wanted or not _SECTION_NAME.fullmatch(name):
            continue
        length += len(_encode_json({name: 1})) - len(_encode_json({})) + len(quote(","))
        if length > _MAX_SECTIONS_LENGTH:
            break
        wanted[name] = 1
    return _encode_json(wanted)


def _encode_json(value: dict[str, int]) -> str:
    return quote(json.dumps(value, separators=(",", ":")), safe="")

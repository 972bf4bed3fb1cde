"""Sets the shop's cookies: they open the new shop session and remove the last shopper's data.

A real Magento 2.4.7 in Chromium has shown which cookies its scripts set only for the shop's host,
which ones they set for the cookie domain, and which ones outlive a shopper.

A browser stores cookies of the same name separately by domain and path, and sends all that match.
PHP uses the first: the one with the longest path, or the oldest. So other session cookies have to
expire.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product
from urllib.parse import quote, unquote, urlsplit

from flask import Response
from werkzeug.http import dump_cookie

from handoff.settings.store_view_models import StoreSite, is_cookie_sent_to

# Seconds; Magento gives `store` and `private_content_version` the same lifetimes.
_ONE_YEAR = 31_536_000
_TEN_YEARS = 315_360_000

# Cookies that Magento's server sets for its own host: messages not yet shown, the variant of
# cached pages for signed-in shoppers, and the customer whom a persistent cart recognises.
_LAST_SHOPPER_COOKIES = ("mage-messages", "X-Magento-Vary", "persistent_shopping_cart")

# The sections that Magento's scripts have to reload: the mini-cart, the customer's name, and the
# countries. Without the countries, checkout shows addresses without a country.
_SECTIONS = ("cart", "customer", "directory-data")
_SECTION_NAME = re.compile(r"[a-z][a-z0-9_-]{0,60}")
_MAX_SECTIONS = 40
_MAX_COOKIE_LENGTH = 4096  # browsers accept no longer cookie


def set_shop_cookies(
    response: Response, session_id: str, sent_cookies: Mapping[str, str], site: StoreSite
) -> None:
    """Set the session cookie as the shop sets it, and make Magento's scripts drop their caches.

    The scripts keep the cart, the customer's name and a half-typed address in the browser. They
    clear these if `mage-cache-sessid` is missing, and reload the sections in `section_data_ids`.
    """
    cookie = site.session_cookie
    for header in _build_static_headers(site):
        response.headers.add("Set-Cookie", header)
    response.set_cookie(
        cookie.name,
        session_id,
        max_age=cookie.lifetime or None,
        domain=cookie.domain,
        path=cookie.path,
        secure=cookie.secure,
        httponly=True,
        samesite=cookie.samesite,
    )
    response.set_cookie(
        "private_content_version",
        secrets.token_hex(16),
        max_age=_TEN_YEARS,
        secure=cookie.secure,
        samesite="Lax",
    )
    response.set_cookie(
        "section_data_ids",
        _build_section_data_ids(sent_cookies.get("section_data_ids", "")),
        max_age=cookie.lifetime or None,
        domain=cookie.named_domain,
        secure=cookie.secure,
        samesite="Lax",
    )


@lru_cache
def _build_static_headers(site: StoreSite) -> tuple[str, ...]:
    """Return the Set-Cookie headers for all shoppers; those that expire cookies come first."""
    expiring = [
        dump_cookie(name, max_age=0, expires=0, domain=domain, path=path)
        for name, domain, path in _list_cookies_to_expire(site)
    ]
    if not site.is_on_shop_host:
        # Our `store` cookie would not replace the shop's own, which the landing page sets.
        return tuple(expiring)
    # As the shop's store switcher does. In another store view, for example one that the last
    # shopper chose, checkout would convert the quote's total into that store view's currency.
    store_cookie = dump_cookie(
        "store",
        site.store_code,
        max_age=_ONE_YEAR,
        sync_expires=False,  # `Expires` would be one year after this header was built
        path=_build_store_cookie_path(site),
        secure=site.session_cookie.secure,
        samesite="Lax",
    )
    return (*expiring, store_cookie)


def _build_store_cookie_path(site: StoreSite) -> str:
    return f"{site.storefront_parts.path}/"


def _list_cookies_to_expire(site: StoreSite) -> Iterator[tuple[str, str | None, str]]:
    """Yield the name, domain and path of each cookie to expire."""
    cookie = site.session_cookie
    for domain, path in _list_competing_session_cookies(site):
        yield cookie.name, domain, path
    for name in _LAST_SHOPPER_COOKIES:
        yield name, None, "/"
    if site.is_on_shop_host and _build_store_cookie_path(site) != "/":
        yield "store", None, "/"
    # Magento's scripts set these for the host only, or for the cookie domain that the shop names.
    yield "mage-cache-sessid", None, "/"
    if cookie.named_domain:
        yield "mage-cache-sessid", cookie.named_domain, "/"
        yield "section_data_ids", None, "/"


def _list_competing_session_cookies(site: StoreSite) -> list[tuple[str | None, str]]:
    """Return domain and path of other session cookies that a browser may send to checkout.

    A browser lets us expire cookies of our own host and of its parent domains.
    """
    host, shop_host = site.public_parts.hostname or "", site.storefront_parts.hostname or ""
    labels = host.split(".")
    parents = [".".join(labels[n:]) for n in range(len(labels) - 1)]
    domains: list[str | None] = [name for name in parents if is_cookie_sent_to(shop_host, name)]
    if host == shop_host:
        domains.append(None)  # a cookie without a domain, for this host only
    own = (site.session_cookie.domain.removeprefix("."), site.session_cookie.path)
    return [found for found in product(domains, _list_paths_to_checkout(site)) if found != own]


def _list_paths_to_checkout(site: StoreSite) -> list[str]:
    """Return every cookie path that matches checkout, with and without a slash at its end."""
    steps = [step for step in urlsplit(site.checkout_url).path.split("/") if step]
    paths = ["/" + "/".join(steps[:n]) for n in range(1, len(steps) + 1)]
    return ["/", *(f"{path}{end}" for path in paths for end in ("", "/"))]


def _build_section_data_ids(sent: str) -> str:
    """Return the cookie value that names the sections to load: ours, and those in the request."""
    try:
        known = json.loads(unquote(sent)) if len(sent) <= _MAX_COOKIE_LENGTH else None
    except (ValueError, RecursionError):
        known = None
    names = [n for n in known if _SECTION_NAME.fullmatch(n)] if isinstance(known, dict) else []
    wanted = dict.fromkeys((*_SECTIONS, *names[:_MAX_SECTIONS]), 1)
    return quote(json.dumps(wanted, separators=(",", ":")), safe="")

"""The cookies that put a web view into a new session of the shop and displace the last shopper.

Where Magento's scripts set a cookie for the shop's host alone, and where for the cookie domain,
was read off a real 2.4.7 in Chromium; so were the cookies that outlive a shopper.

A browser tells cookies of one name apart by domain and path, and sends all that fit. PHP takes
the first: the one with the longest path, else the oldest. So it is not enough to set ours.
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

from handoff.settings.store_sites import StoreSite
from handoff.urls import is_cookie_sent_to

# Seconds, as Magento gives them `store` and `private_content_version`.
_YEAR = 31_536_000
_TEN_YEARS = 315_360_000

# Set by the server for its host: unseen messages, the variant of cached pages that belongs to
# somebody logged in, and a former customer whom Magento is to recognise.
_OF_THE_LAST_SHOPPER = ("mage-messages", "X-Magento-Vary", "persistent_shopping_cart")

# What Magento's scripts have to load: the mini-cart, the customer's name, and the countries,
# without which checkout shows addresses that have none.
_SECTIONS = ("cart", "customer", "directory-data")
_SECTION_NAME = re.compile(r"[a-z][a-z0-9_-]{0,60}")
_MOST_SECTIONS = 40


def set_shop_cookies(
    response: Response, session_id: str, sent: Mapping[str, str], place: StoreSite
) -> None:
    """Set the shop's session cookie as the shop sets its own, and void what its scripts keep.

    `sent` are the cookies of the request. Magento's scripts hold the cart, the customer's name
    and a half-typed address in the browser. They throw it away when `mage-cache-sessid` is gone,
    and load anew what `section_data_ids` names.
    """
    cookie = place.session_cookie
    for header in _same_for_all(place):
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
        _sections(sent.get("section_data_ids", "")),
        max_age=cookie.lifetime or None,
        domain=cookie.named_domain,
        secure=cookie.secure,
        samesite="Lax",
    )


@lru_cache
def _same_for_all(place: StoreSite) -> tuple[str, ...]:
    """Return the headers that are the same for everybody, those that expire cookies first."""
    expired = [
        dump_cookie(name, max_age=0, expires=0, domain=domain, path=path)
        for name, domain, path in _leftovers(place)
    ]
    return (*expired, *_store_view(place))


def _store_view(place: StoreSite) -> Iterator[str]:
    """Give what lets the shop's pages be those of the store view, as the shop's own switcher does.

    In another store view, the one that the last shopper chose say, checkout would write the
    quote's total anew in that one's currency.
    """
    if not place.is_on_shop_host:
        return  # such a cookie would stand beside the shop's own; the landing sees to it
    yield dump_cookie(
        "store",
        place.store_code,
        max_age=_YEAR,
        sync_expires=False,  # that would be a year from the first time
        path=_path_of_store(place),
        secure=place.session_cookie.secure,
        samesite="Lax",
    )


def _path_of_store(place: StoreSite) -> str:
    return f"{place.storefront_parts.path}/"


def _leftovers(place: StoreSite) -> Iterator[tuple[str, str | None, str]]:
    """Give name, domain and path of each cookie that is to go."""
    cookie = place.session_cookie
    for domain, path in _namesakes(place):
        yield cookie.name, domain, path
    for name in _OF_THE_LAST_SHOPPER:
        yield name, None, "/"
    if place.is_on_shop_host and _path_of_store(place) != "/":
        yield "store", None, "/"
    # The scripts set theirs for the host alone, or for a cookie domain that the shop names.
    yield "mage-cache-sessid", None, "/"
    if cookie.named_domain:
        yield "mage-cache-sessid", cookie.named_domain, "/"
        yield "section_data_ids", None, "/"


def _namesakes(place: StoreSite) -> list[tuple[str | None, str]]:
    """Return domain and path of other session cookies that checkout would get and we may expire.

    A browser lets us expire those of our own host, and of the domains above it.
    """
    host, shop = place.public_parts.hostname or "", place.storefront_parts.hostname or ""
    labels = host.split(".")
    above = [".".join(labels[n:]) for n in range(len(labels) - 1)]
    domains: list[str | None] = [domain for domain in above if is_cookie_sent_to(shop, domain)]
    if host == shop:
        domains.append(None)  # those for the host alone
    its_own = (place.session_cookie.domain.removeprefix("."), place.session_cookie.path)
    return [each for each in product(domains, _paths_to_checkout(place)) if each != its_own]


def _paths_to_checkout(place: StoreSite) -> list[str]:
    steps = [step for step in urlsplit(place.checkout_url).path.split("/") if step]
    whole = ["/" + "/".join(steps[:n]) for n in range(1, len(steps) + 1)]
    return ["/", *(f"{path}{end}" for path in whole for end in ("", "/"))]


def _sections(sent: str) -> str:
    """Return the cookie that names the sections to load: ours, and those the web view knew."""
    try:
        known = json.loads(unquote(sent))
    except (ValueError, RecursionError):
        known = None
    names = [n for n in known if _SECTION_NAME.fullmatch(n)] if isinstance(known, dict) else []
    wanted = dict.fromkeys((*_SECTIONS, *names[:_MOST_SECTIONS]), 1)
    return quote(json.dumps(wanted, separators=(",", ":")), safe="")

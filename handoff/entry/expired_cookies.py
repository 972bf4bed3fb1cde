"""The cookies that a used link expires: other session cookies, and those of the last shopper.

A browser stores cookies of the same name separately by domain and path, and sends all that match.
PHP uses the first: the one with the longest path, or the oldest. So other session cookies have to
expire. A browser lets us expire those of our own host and of its parent domains, up to the domain
that somebody can register: it accepts no cookie for `co.uk`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import NamedTuple
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from handoff.settings.store_view_models import StoreSite, is_cookie_sent_to

# Cookies that Magento's server sets for its own host: messages not yet shown, the variant of
# cached pages for signed-in shoppers, and the customer whom a persistent cart recognises.
_LAST_SHOPPER_COOKIES = ("mage-messages", "X-Magento-Vary", "persistent_shopping_cart")


class ExpiredCookie(NamedTuple):
    """A cookie to expire. Without a domain, it is for our own host only."""

    name: str
    domain: str | None
    path: str


def list_cookies_to_expire(site: StoreSite) -> list[ExpiredCookie]:
    """Return the cookies to expire, the most important ones first."""
    return [*_list_last_shopper_cookies(site), *_list_competing_session_cookies(site)]


def _list_last_shopper_cookies(site: StoreSite) -> Iterator[ExpiredCookie]:
    for name in _LAST_SHOPPER_COOKIES:
        yield ExpiredCookie(name, None, "/")
    if site.is_on_shop_host and site.storefront_parts.path:
        yield ExpiredCookie("store", None, "/")
    # Magento's scripts set these for the host only, or for the cookie domain that the shop names.
    yield ExpiredCookie("mage-cache-sessid", None, "/")
    named_domain = site.session_cookie.named_domain
    if named_domain:
        yield ExpiredCookie("mage-cache-sessid", named_domain, "/")
        yield ExpiredCookie("section_data_ids", None, "/")


def _list_competing_session_cookies(site: StoreSite) -> Iterator[ExpiredCookie]:
    """Yield other session cookies that a browser may send to checkout."""
    cookie = site.session_cookie
    own = (cookie.domain.removeprefix("."), cookie.path)
    # Most applications set their cookies at `/`, and without a slash at the end of a longer path.
    for path, domain in product(_list_paths_to_checkout(site), _list_domains(site)):
        if (domain, path) != own:
            yield ExpiredCookie(cookie.name, domain, path)


def _list_domains(site: StoreSite) -> list[str | None]:
    """Return the domains of cookies that we can expire and that a browser sends to the shop."""
    host, shop_host = site.public_parts.hostname or "", site.storefront_parts.hostname or ""
    registered = _load_public_suffixes().privatesuffix(host) or host
    labels = host.split(".")
    names = [".".join(labels[n:]) for n in range(len(labels) - 1)]
    domains: list[str | None] = [
        name
        for name in names
        if len(name) >= len(registered) and is_cookie_sent_to(shop_host, name)
    ]
    return [None, *domains] if host == shop_host else domains


def _list_paths_to_checkout(site: StoreSite) -> list[str]:
    """Return every cookie path that matches checkout, those with a slash at their end last."""
    steps = [step for step in urlsplit(site.checkout_url).path.split("/") if step]
    paths = ["/" + "/".join(steps[:n]) for n in range(len(steps), 0, -1)]
    return ["/", *paths, *(f"{path}/" for path in paths)]


@cache
def _load_public_suffixes() -> PublicSuffixList:
    """Return the list that is in the package; nothing is downloaded."""
    return PublicSuffixList()

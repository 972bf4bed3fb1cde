"""The shop's session cookie against the settings: ours has to replace it and be no second one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address

from handoff.doctor.case import Case
from handoff.doctor.cookies import SetCookie, cookies_of, named
from handoff.doctor.finding import Finding, fault, ok, unknown, warning
from handoff.doctor.probe import Silence
from handoff.settings.store_sites import SessionCookieSettings, StoreSite

_ANALYTICS = frozenset({"form_key", "mage-messages", "private_content_version", "X-Magento-Vary"})


def cookie_is_the_shops(case: Case) -> Iterator[Finding]:
    """Compare name, domain, path, lifetime and SameSite with what the shop really sets."""
    for place in case.places:
        for finding in _compare(case, place):
            yield replace(finding, name=case.titled(finding.name, place.store_code))


def _compare(case: Case, place: StoreSite) -> Iterator[Finding]:
    try:
        reply = case.entrance(place)
    except Silence as silence:
        yield fault(
            "Shop's pages",
            f"{place.checkout_url} does not answer. {silence.words}",
            "Set HANDOFF_STOREFRONT_URL to where shoppers are, and see that it can be reached "
            "from here.",
        )
        return
    ours = place.session_cookie
    theirs = named(cookies_of(reply), ours.name)
    if theirs is None:
        yield _no_cookie([cookie.name for cookie in cookies_of(reply)], ours, reply.status)
        return
    yield ok("Cookie's name", f"The shop sets {ours.name}.")
    yield _domain(ours, theirs, place.storefront_parts.hostname or "")
    yield _path(ours, theirs)
    yield _lifetime(ours, theirs)
    yield _samesite(ours, theirs)
    yield _flags(ours, theirs)


def _no_cookie(names: list[str], ours: SessionCookieSettings, status: int) -> Finding:
    others = [name for name in dict.fromkeys(names) if name not in _ANALYTICS]
    if others:
        return fault(
            "Cookie's name",
            f"The shop sets no {ours.name}. It sets: {', '.join(others)}.",
            "Set HANDOFF_SESSION_COOKIE_NAME to the one of PHP's session.",
        )
    return unknown(
        "Cookie's name",
        f"The shop sets no session cookie with its checkout ({status}).",
        "Look whether a cache stands before checkout, and takes cookies away.",
    )


def _domain(ours: SessionCookieSettings, theirs: SetCookie, host: str) -> Finding:
    name = "Cookie's domain"
    wanted = ours.domain.removeprefix(".")
    if theirs.domain is None:
        return fault(
            name,
            f"The shop sets it for {host} without a Domain, ours has {wanted}: the web view would "
            "hold two session cookies.",
            "Set a cookie domain in Magento: Stores, Configuration, Web, Default Cookie Settings.",
        )
    if theirs.domain != wanted:
        return fault(
            name,
            f"The shop sets it for {theirs.domain}, ours is for {wanted}: the web view would hold "
            "two session cookies.",
            f"Set HANDOFF_SESSION_COOKIE_DOMAIN={theirs.domain}",
        )
    return ok(name, f"{wanted}, as ours.")


def _path(ours: SessionCookieSettings, theirs: SetCookie) -> Finding:
    name = "Cookie's path"
    path = theirs.path or "/"
    if path != ours.path:
        return fault(
            name,
            f"The shop sets it for {path}, ours is for {ours.path}: the web view would hold two "
            "session cookies.",
            f"Set HANDOFF_SESSION_COOKIE_PATH={path}",
        )
    return ok(name, f"{path}, as ours.")


def _lifetime(ours: SessionCookieSettings, theirs: SetCookie) -> Finding:
    name = "Cookie's lifetime"
    shops = theirs.max_age or 0
    if shops != ours.lifetime:
        return warning(
            name,
            f"The shop's lives {_for(shops)}, ours {_for(ours.lifetime)}.",
            f"Set HANDOFF_SESSION_COOKIE_LIFETIME={shops}",
        )
    return ok(name, f"It lives {_for(shops)}, as ours.")


def _for(seconds: int) -> str:
    return f"for {seconds} seconds" if seconds else "until the browser ends"


def _samesite(ours: SessionCookieSettings, theirs: SetCookie) -> Finding:
    name = "Cookie's SameSite"
    shops = theirs.samesite or "Lax"  # what browsers take where none is said
    if shops.lower() != ours.samesite.lower():
        return warning(
            name,
            f"The shop sets {shops}, ours is {ours.samesite}.",
            f"Set HANDOFF_SESSION_COOKIE_SAMESITE={shops.capitalize()}",
        )
    return ok(name, f"{shops}, as ours.")


def _flags(ours: SessionCookieSettings, theirs: SetCookie) -> Finding:
    name = "Cookie's protection"
    if not ours.secure:
        if _is_loopback(ours.domain):
            return ok(name, "Plain http, on this machine alone.")
        return warning(
            name,
            "The shop is on plain http: who listens on the way takes the session over.",
            "Put the shop on https, then HANDOFF_PUBLIC_URL and HANDOFF_STOREFRONT_URL as well.",
        )
    missing = [
        flag
        for flag, held in (("Secure", theirs.secure), ("HttpOnly", theirs.httponly))
        if not held
    ]
    if missing:
        return warning(
            name,
            f"The shop sets it without {' and '.join(missing)}; ours has both.",
            "In Magento's configuration, Web: secure URLs in the storefront, and Use HTTP Only.",
        )
    return ok(name, "Secure and HttpOnly, as ours.")


def neighbours_are_few(case: Case) -> Iterator[Finding]:
    """Say who else gets the session cookie, and could set one."""
    for place in case.places:
        yield _neighbours(case.titled("Who shares the cookie", place.store_code), place)


def _neighbours(name: str, place: StoreSite) -> Finding:
    host = place.storefront_parts.hostname or ""
    domain = place.session_cookie.domain.removeprefix(".")
    if _is_address(host):
        return ok(name, f"Whatever answers at {host}, on every port: cookies do not know ports.")
    if domain != host and host.endswith(f".{domain}"):
        return warning(
            name,
            f"Every host of {domain} gets the session cookie, and can set one in its place.",
            "Where not all of them are trusted, let shop and service have one host, and the cookie "
            "that host as its domain.",
        )
    parent = host.partition(".")[2]
    others = f", and another host of {parent} can set one beside it" if "." in parent else ""
    return ok(name, f"{host} and the hosts below it get it, on every port{others}.")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)

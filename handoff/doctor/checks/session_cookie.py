"""Checks of the shop's session cookie: ours must replace it, or a browser keeps both."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning
from handoff.doctor.set_cookie import SetCookie, find_set_cookie, parse_set_cookies
from handoff.magento.http_transport import HttpResponse, NoResponse
from handoff.settings.store_sites import SessionCookieSettings, StoreSite

_OTHER_MAGENTO_COOKIES = frozenset(
    {"form_key", "mage-messages", "private_content_version", "X-Magento-Vary"}
)
_TWO_COOKIES = "the web view would keep two session cookies."


def check_session_cookie(context: CheckContext, site: StoreSite) -> Iterator[CheckResult]:
    """Compare every attribute of our cookie with the cookie that the shop sets."""
    try:
        response = context.open_checkout(site)
    except NoResponse as error:
        yield fault(
            f"{site.checkout_url} does not answer. {error.reason}",
            "Set HANDOFF_STOREFRONT_URL to the shop's public address, and make sure that this "
            "machine can reach it.",
            name="Shop's pages",
        )
        return
    ours = site.session_cookie
    theirs = find_set_cookie(response, ours.name)
    if theirs is None:
        yield _report_missing_cookie(response, ours)
        return
    yield ok(f"The shop sets {ours.name}.", name="Cookie's name")
    yield _compare_domain(ours, theirs, site.storefront_parts.hostname or "")
    yield _compare_path(ours, theirs)
    yield _compare_lifetime(ours, theirs)
    yield _compare_samesite(ours, theirs)
    yield _check_flags(ours, theirs)


def _report_missing_cookie(response: HttpResponse, ours: SessionCookieSettings) -> CheckResult:
    names = dict.fromkeys(cookie.name for cookie in parse_set_cookies(response))
    others = [name for name in names if name not in _OTHER_MAGENTO_COOKIES]
    if others:
        return fault(
            f"The shop sets no {ours.name}. It sets: {', '.join(others)}.",
            "Set HANDOFF_SESSION_COOKIE_NAME to the name of PHP's session cookie.",
            name="Cookie's name",
        )
    return unknown(
        f"The shop sets no session cookie at its checkout (status {response.status}).",
        "Check whether a cache in front of checkout removes cookies.",
        name="Cookie's name",
    )


def _compare_domain(ours: SessionCookieSettings, theirs: SetCookie, host: str) -> CheckResult:
    name, domain = "Cookie's domain", ours.domain.removeprefix(".")
    if theirs.domain is None:
        return fault(
            f"The shop sets it for {host} without a Domain, ours is for {domain}: {_TWO_COOKIES}",
            "Set a cookie domain in Magento: Stores, Configuration, Web, Default Cookie Settings.",
            name=name,
        )
    if theirs.domain != domain:
        return fault(
            f"The shop sets it for {theirs.domain}, ours is for {domain}: {_TWO_COOKIES}",
            f"Set HANDOFF_SESSION_COOKIE_DOMAIN={theirs.domain}",
            name=name,
        )
    return ok(f"{domain}, like ours.", name=name)


def _compare_path(ours: SessionCookieSettings, theirs: SetCookie) -> CheckResult:
    name, path = "Cookie's path", theirs.path or "/"
    if path != ours.path:
        return fault(
            f"The shop sets it for {path}, ours is for {ours.path}: {_TWO_COOKIES}",
            f"Set HANDOFF_SESSION_COOKIE_PATH={path}",
            name=name,
        )
    return ok(f"{path}, like ours.", name=name)


def _compare_lifetime(ours: SessionCookieSettings, theirs: SetCookie) -> CheckResult:
    name, lifetime = "Cookie's lifetime", theirs.max_age or 0
    if lifetime != ours.lifetime:
        return warning(
            f"The shop's lives {_format_lifetime(lifetime)}, ours "
            f"{_format_lifetime(ours.lifetime)}.",
            f"Set HANDOFF_SESSION_COOKIE_LIFETIME={lifetime}",
            name=name,
        )
    return ok(f"It lives {_format_lifetime(lifetime)}, like ours.", name=name)


def _format_lifetime(seconds: int) -> str:
    return f"for {seconds} seconds" if seconds else "until the browser closes"


def _compare_samesite(ours: SessionCookieSettings, theirs: SetCookie) -> CheckResult:
    name = "Cookie's SameSite"
    samesite = theirs.samesite or "Lax"  # the browsers' default
    if samesite.lower() != ours.samesite.lower():
        return warning(
            f"The shop sets {samesite}, ours is {ours.samesite}.",
            f"Set HANDOFF_SESSION_COOKIE_SAMESITE={samesite.capitalize()}",
            name=name,
        )
    return ok(f"{samesite}, like ours.", name=name)


def _check_flags(ours: SessionCookieSettings, theirs: SetCookie) -> CheckResult:
    name = "Cookie's protection"
    if not ours.secure:
        if _is_loopback(ours.domain):
            return ok("Plain http, on this machine only.", name=name)
        return warning(
            "The shop uses plain http: anybody on the network can steal the session.",
            "Move the shop to https, then change HANDOFF_PUBLIC_URL and HANDOFF_STOREFRONT_URL.",
            name=name,
        )
    flags = {"Secure": theirs.secure, "HttpOnly": theirs.httponly}
    missing = [flag for flag, is_set in flags.items() if not is_set]
    if missing:
        return warning(
            f"The shop sets it without {' and '.join(missing)}; ours has both.",
            "In Magento's configuration, Web: use secure URLs on the storefront, and set Use HTTP "
            "Only.",
            name=name,
        )
    return ok("Secure and HttpOnly, like ours.", name=name)


def check_cookie_scope(context: CheckContext, site: StoreSite) -> CheckResult:
    """Report which other hosts receive the session cookie, and could set one."""
    host = site.storefront_parts.hostname or ""
    domain = site.session_cookie.domain.removeprefix(".")
    if _is_ip_address(host):
        return ok(f"Every service at {host}, on every port: cookies do not distinguish ports.")
    if domain != host and host.endswith(f".{domain}"):
        return warning(
            f"Every host of {domain} receives the session cookie, and can replace it.",
            "If not all of them are trusted, put shop and service on one host, and make that host "
            "the domain of the cookie.",
        )
    parent = host.partition(".")[2]
    others = f"; another host of {parent} can set a second one" if "." in parent else ""
    return ok(f"{host} and the hosts below it receive it, on every port{others}.")


def _is_ip_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_ip_address(host) and ip_address(host).is_loopback)

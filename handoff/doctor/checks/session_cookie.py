"""Checks of the shop's session cookie: ours must replace it, or a browser keeps both."""

from __future__ import annotations

from collections.abc import Iterator

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, Severity, fault, ok, unknown, warning
from handoff.magento.checkout_probe import OTHER_COOKIES
from handoff.magento.http_transport import (
    HttpResponse,
    SetCookie,
    find_set_cookie,
    parse_set_cookies,
)
from handoff.magento.no_response import NoResponse
from handoff.settings.store_view_models import SessionCookieSettings, StoreSite
from handoff.url_validation import is_ip_address, is_loopback

_TWO_COOKIES = " The web view would keep two session cookies."


def check_session_cookie(context: CheckContext, site: StoreSite) -> Iterator[CheckResult]:
    """Compare every attribute of our cookie with the cookie that the shop sets."""
    try:
        response = context.open_checkout(site)
    except NoResponse as error:
        yield fault(
            f"{site.checkout_url} does not answer. {error.reason}",
            "Set HANDOFF_STOREFRONT_URL to the shop's public address; this machine must reach it.",
        ).with_name("Shop's pages")
        return
    ours = site.session_cookie
    theirs = find_set_cookie(response, ours.name)
    if theirs is None:
        yield _report_missing_cookie(response, ours).with_name("Cookie's name")
        return
    samesite = theirs.get("samesite") or "Lax"  # the browsers' default
    results = {
        "name": ok(f"The shop sets {ours.name}."),
        "domain": _compare_domain(ours, theirs, site.storefront_parts.hostname or ""),
        "path": _compare_attribute("path", theirs.get("path") or "/", ours.path, Severity.FAULT),
        "lifetime": _compare_attribute(
            "lifetime", theirs.get("max-age") or "0", str(ours.lifetime)
        ),
        "SameSite": _compare_attribute("samesite", samesite.capitalize(), ours.samesite),
        "protection": _check_flags(ours, theirs),
    }
    for attribute, result in results.items():
        yield result.with_name(f"Cookie's {attribute}")


def _report_missing_cookie(response: HttpResponse, ours: SessionCookieSettings) -> CheckResult:
    names = dict.fromkeys(cookie.name for cookie in parse_set_cookies(response))
    others = [name for name in names if name not in OTHER_COOKIES]
    if others:
        return fault(
            f"The shop sets no {ours.name}. It sets: {', '.join(others)}.",
            "Set HANDOFF_SESSION_COOKIE_NAME to the name of PHP's session cookie.",
        )
    return unknown(
        f"The shop sets no session cookie at its checkout (status {response.status}).",
        "Check whether a cache in front of checkout removes cookies.",
    )


def _compare_domain(ours: SessionCookieSettings, theirs: SetCookie, host: str) -> CheckResult:
    domain, our_domain = theirs.get("domain").lower(), ours.domain.removeprefix(".")
    if not domain:
        return fault(
            f"The shop sets it for {host} only, ours is for {our_domain}.{_TWO_COOKIES}",
            "Set a cookie domain in Magento: Stores, Configuration, Web, Default Cookie Settings.",
        )
    return _compare_attribute("domain", domain.removeprefix("."), our_domain, Severity.FAULT)


def _compare_attribute(
    attribute: str, theirs: str, ours: str, severity: Severity = Severity.WARNING
) -> CheckResult:
    """Return OK if the values are equal, else `severity` and the setting to correct."""
    unit = " seconds (0: until the browser closes)" if attribute == "lifetime" else ""
    if theirs == ours:
        return ok(f"{theirs}{unit}, like ours.")
    consequence = _TWO_COOKIES if severity is Severity.FAULT else ""
    seen = f"The shop sets {theirs}, ours is {ours}{unit}.{consequence}"
    return CheckResult(severity, seen, f"Set HANDOFF_SESSION_COOKIE_{attribute.upper()}={theirs}")


def _check_flags(ours: SessionCookieSettings, theirs: SetCookie) -> CheckResult:
    if not ours.secure:
        if is_loopback(ours.domain):
            return ok("Plain http, on this machine only.")
        return warning(
            "The shop uses plain http: anybody on the network can steal the session.",
            "Move the shop to https, then change HANDOFF_PUBLIC_URL and HANDOFF_STOREFRONT_URL.",
        )
    missing = [flag for flag in ("Secure", "HttpOnly") if flag.lower() not in theirs.attributes]
    if missing:
        return warning(
            f"The shop sets it without {' and '.join(missing)}; ours has both.",
            "In Magento's configuration, Web: use secure URLs on the storefront; Use HTTP Only.",
        )
    return ok("Secure and HttpOnly, like ours.")


def check_cookie_receivers(context: CheckContext, site: StoreSite) -> CheckResult:
    """Report which other hosts receive the session cookie, and could set one."""
    host = site.storefront_parts.hostname or ""
    domain = site.session_cookie.domain.removeprefix(".")
    if is_ip_address(host):
        return ok(f"Every service at {host}, on every port: cookies do not distinguish ports.")
    if domain != host and host.endswith(f".{domain}"):
        return warning(
            f"Every host of {domain} receives the session cookie, and can replace it.",
            "If you do not trust them all, use one host for shop, service and cookie domain.",
        )
    parent = host.partition(".")[2]
    others = f"; another host of {parent} can set a second one" if "." in parent else ""
    return ok(f"{host} and the hosts below it receive it, on every port{others}.")

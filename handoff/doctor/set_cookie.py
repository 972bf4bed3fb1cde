"""Parser for the `Set-Cookie` headers of a response."""

from __future__ import annotations

from dataclasses import dataclass, field

from handoff.magento.http_transport import HttpResponse


@dataclass(frozen=True, slots=True)
class SetCookie:
    """A cookie as a response sets it; `domain` is None for a cookie of one host only."""

    name: str
    value: str = field(repr=False)
    domain: str | None
    path: str | None
    max_age: int | None
    samesite: str | None
    secure: bool
    httponly: bool


def parse_set_cookies(response: HttpResponse) -> list[SetCookie]:
    """Return the cookies that a response sets, in its order."""
    return [_parse_header(header) for header in response.set_cookies]


def find_set_cookie(response: HttpResponse, name: str) -> SetCookie | None:
    """Return the last cookie of this name in a response: a browser keeps the last one."""
    cookies = reversed(parse_set_cookies(response))
    return next((cookie for cookie in cookies if cookie.name == name), None)


def _parse_header(header: str) -> SetCookie:
    pair, *parts = header.split(";")
    name, _, value = pair.partition("=")
    attributes: dict[str, str] = {}
    for part in parts:
        key, _, setting = part.partition("=")
        attributes[key.strip().lower()] = setting.strip()
    max_age = attributes.get("max-age", "")
    return SetCookie(
        name=name.strip(),
        value=value.strip(),
        domain=attributes.get("domain", "").lower().removeprefix(".") or None,
        path=attributes.get("path") or None,
        max_age=int(max_age) if max_age.isascii() and max_age.lstrip("-").isdigit() else None,
        samesite=attributes.get("samesite") or None,
        secure="secure" in attributes,
        httponly="httponly" in attributes,
    )

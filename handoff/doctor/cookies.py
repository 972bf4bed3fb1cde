"""What a `Set-Cookie` line says."""

from __future__ import annotations

from dataclasses import dataclass, field

from handoff.doctor.probe import Reply


@dataclass(frozen=True, slots=True)
class SetCookie:
    """One cookie as it was set; `domain` is None for a cookie of one host alone."""

    name: str
    value: str = field(repr=False)
    domain: str | None
    path: str | None
    max_age: int | None
    samesite: str | None
    secure: bool
    httponly: bool


def cookies_of(reply: Reply) -> list[SetCookie]:
    """Return the cookies that an answer sets, in its order."""
    return [_parse(line) for line in reply.set_cookies]


def named(cookies: list[SetCookie], name: str) -> SetCookie | None:
    """Return the last cookie with a name: where one is set twice, that is what counts."""
    return next((cookie for cookie in reversed(cookies) if cookie.name == name), None)


def _parse(line: str) -> SetCookie:
    pair, *rest = line.split(";")
    name, _, value = pair.partition("=")
    attributes: dict[str, str] = {}
    for part in rest:
        key, _, held = part.partition("=")
        attributes[key.strip().lower()] = held.strip()
    age = attributes.get("max-age", "")
    return SetCookie(
        name=name.strip(),
        value=value.strip(),
        domain=(attributes.get("domain") or "").lower().removeprefix(".") or None,
        path=attributes.get("path") or None,
        max_age=int(age) if age.isascii() and age.removeprefix("-").isdigit() else None,
        samesite=attributes.get("samesite") or None,
        secure="secure" in attributes,
        httponly="httponly" in attributes,
    )

"""Addresses (URLs) as settings have them, and the domains that their hosts are in."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator


def split_url(value: str) -> SplitResult:
    """Split an address; what Python says of one that it cannot split holds parts of it."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError(
            "is no address; in a password, '/', '#', '[' and '@' are %-encoded"
        ) from None
    if not value.isprintable() or " " in value:
        raise ValueError("holds characters that no address has")
    return parts


def require_ascii(value: str) -> None:
    """Refuse an address that cannot stand in a header as it is; a ValueError says what can."""
    if not value.isascii():
        raise ValueError("has to be in ASCII: its host as xn--…, its path %-encoded")


def _base_url(value: str) -> str:
    parts = split_url(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("has to be an http(s) address with a host")
    require_ascii(value)
    if parts.query or parts.fragment or parts.username:
        raise ValueError("takes no query, fragment or user name")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    # As browsers write it, so that it equals the Origin that they send.
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


BaseUrl = Annotated[str, BeforeValidator(_base_url)]
"""An http(s) address with a host and perhaps a path, which has no '/' at its end."""


def is_same_url(one: str, other: str) -> bool:
    """Say whether two addresses are one, however they are spelled; of what is none, False."""
    try:
        return _base_url(one) == _base_url(other)
    except ValueError:
        return False


def is_cookie_sent_to(host: str, domain: str) -> bool:
    """Say whether a cookie for a domain goes to this host; an IP address is in none but itself."""
    if host == domain:
        return True
    try:
        ip_address(host)
    except ValueError:
        return host.endswith(f".{domain}")
    return False

"""Addresses (URLs) as settings have them, and the domains that their hosts are in."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit


def split_address(value: str) -> SplitResult:
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


def within(host: str, domain: str) -> bool:
    """Say whether a cookie for a domain goes to this host; an IP address is in none but itself."""
    if host == domain:
        return True
    try:
        ip_address(host)
    except ValueError:
        return host.endswith(f".{domain}")
    return False

"""Parses, normalizes and compares URLs of settings."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator

_MAX_LENGTH = 300  # characters; parts of it are in cookies, and a response holds few KB of these


def split_url(value: str) -> SplitResult:
    """Split a URL, or raise ValueError. Unlike Python's, its message repeats no part of it."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError(
            "is not a URL; in a password, '/', '#', '[' and '@' must be %-encoded"
        ) from None
    if not value.isprintable() or " " in value:
        raise ValueError("has characters that a URL cannot have")
    return parts


def require_ascii(value: str) -> None:
    """Raise ValueError for a URL that cannot stand in a header as it is."""
    if not value.isascii():
        raise ValueError("must be ASCII: the host as xn--…, the path %-encoded")


def _normalize_base_url(value: str) -> str:
    parts = split_url(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an http(s) URL with a host")
    require_ascii(value)
    if len(value) > _MAX_LENGTH:
        raise ValueError(f"must have {_MAX_LENGTH} characters or fewer")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("must not have a query, fragment or user name")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default_port = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in (None, default_port) else f":{parts.port}"
    # This is the spelling of browsers, so it can be compared with their Origin header.
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


BaseUrl = Annotated[str, BeforeValidator(_normalize_base_url)]
"""An http(s) URL with a host and maybe a path, without a '/' at its end."""


def is_same_url(one: str, other: str) -> bool:
    """Return whether two base URLs are equal once normalised; False if one is not valid."""
    try:
        return _normalize_base_url(one) == _normalize_base_url(other)
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, by its name or its IP address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

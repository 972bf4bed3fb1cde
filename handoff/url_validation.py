"""Parses, normalizes and compares URLs of settings."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator

_MAX_LENGTH = 300  # characters; parts of it are in cookies, and a response holds few KB of these
_MAX_HOST_LENGTH = 253  # characters, as in the domain name system
# The names of containers have underscores.
_LABEL = re.compile("[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NOT_IN_WEB_URLS = "\\\"'<>^`{|}"
_NUMBER = re.compile("[0-9]+|0x[0-9a-f]*")


def split_url(value: str) -> SplitResult:
    """Split a URL, or raise ValueError. Unlike Python's, its message repeats no part of it."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError(
            "is not a URL; in a password, '/', '#', '[' and '@' must be %-encoded, and an IPv6 "
            "address needs brackets"
        ) from None
    if not value.isprintable() or " " in value:
        raise ValueError("has characters that a URL cannot have")
    if port == 0:
        raise ValueError("has the port 0, at which nothing can listen")
    return parts


def split_web_url(value: str) -> SplitResult:
    """Split an http(s) URL that can be reached, or raise ValueError. It has no login."""
    parts = split_url(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an http(s) URL with a host")
    require_ascii(value)
    if parts.username is not None or parts.fragment or value.endswith("#"):
        raise ValueError("must not have a user name or a fragment")
    require_possible_host(parts.hostname)
    if set(value) & set(_NOT_IN_WEB_URLS):
        raise ValueError("has characters that a URL cannot have")
    return parts


def require_possible_host(host: str) -> None:
    """Raise ValueError unless a host is an IP address, or a name that can exist."""
    if is_ip_address(host):
        return
    labels = host.lower().split(".")
    is_name = len(host) <= _MAX_HOST_LENGTH and all(map(_LABEL.fullmatch, labels))
    # Browsers read a name that ends in a number as an IP address.
    if not is_name or _NUMBER.fullmatch(labels[-1]):
        raise ValueError(
            "has a host that cannot exist: a name has parts of 1 to 63 letters, digits and "
            "hyphens, with a dot between them and none at the end"
        )


def require_ascii(value: str) -> None:
    """Raise ValueError for a URL that cannot stand in a header as it is."""
    if not value.isascii():
        raise ValueError("must be ASCII: the host as xn--…, the path %-encoded")


def _normalize_base_url(value: str) -> str:
    parts = split_web_url(value)
    if len(value) > _MAX_LENGTH:
        raise ValueError(f"must have {_MAX_LENGTH} characters or fewer")
    if parts.query:
        raise ValueError("must not have a query")
    name = parts.hostname or ""
    host = f"[{name}]" if ":" in name else name
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


def is_ip_address(host: str) -> bool:
    """Return whether a host is an IP address, not a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, by its name or its IP address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

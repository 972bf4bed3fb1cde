"""Who counts as one caller."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network


def network_of(address: str | None) -> str:
    """Return what counts as one caller: an IPv4 address, or the /64 that a line of IPv6 has."""
    try:
        ip = ip_address(address or "")
    except ValueError:
        return "unknown"  # a socket of this machine, say
    if not isinstance(ip, IPv6Address):
        return str(ip)
    return str(ip.ipv4_mapped or ip_network((ip, 64), strict=False))

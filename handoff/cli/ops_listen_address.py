"""Decides on which address of its own `handoff serve` serves the ops pages, if it serves them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handoff.cli.command_exit import exit_with_error
from handoff.settings import Settings
from handoff.url_validation import is_loopback

DEFAULT_ADDRESS = "127.0.0.1:8010"

_ADDRESS = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9.-]+)):(?P<port>[0-9]+)")
_MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class OpsListenAddress:
    """The address to listen on, as gunicorn takes it, and its port."""

    bind: str
    port: int


def choose_ops_listen_address(
    settings: Settings, ops_bind: str | None, bind: str
) -> OpsListenAddress | None:
    """Return the address for the ops pages, or None without a password; exit if it is not safe.

    `bind` is the address of the service itself.
    """
    if settings.ops_password is None:
        if ops_bind is not None:
            exit_with_error("--ops-bind needs HANDOFF_OPS_PASSWORD.")
        return None
    text = ops_bind or DEFAULT_ADDRESS
    match = _ADDRESS.fullmatch(text)
    port = int(match["port"]) if match else 0
    if match is None or not 1 <= port <= _MAX_PORT:
        exit_with_error(f"--ops-bind {text!r} is not HOST:PORT.")
    if not is_loopback(match["ipv6"] or match["host"]) and settings.ops_url is None:
        exit_with_error(
            f"--ops-bind {text} can be reached from other machines. There a password needs https: "
            "put a proxy in front, and set HANDOFF_OPS_URL to its address."
        )
    # The port alone tells the pages from the service.
    if bind.rpartition(":")[2] == str(port):
        exit_with_error(f"--bind and --ops-bind need different ports, not both {port}.")
    return OpsListenAddress(text, port)

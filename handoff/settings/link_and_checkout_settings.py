"""The settings for links, instructions and the way to checkout."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from handoff.settings.group import SettingsGroup
from handoff.settings.value_types import COMMA_SEPARATED, JSON, Host, UrlPath
from handoff.web_view_link import InstructionCookie, InstructionHeader


class LinkSettings(SettingsGroup):
    """Links and checkout"""

    link_ttl: Annotated[int, Field(ge=10, le=86_400)] = 300
    """Seconds that a link is valid."""

    reopen_grace: Annotated[int, Field(ge=0, le=3600)] = 60
    """Seconds after its first use in which the same web view may open the link again, five times
    at most."""

    instruction: Literal["url", "form"] = "url"
    """The style of the instruction: see [The instruction](poq.md#the-instruction)."""

    tap_outside_app: bool = False
    """`true`: only a page that the app opens submits itself; any other visit waits for a tap. The
    app has to send the headers of the instruction: see [Scanners](security.md#scanners)."""

    instruction_cookies: Annotated[tuple[InstructionCookie, ...], *JSON] = ()
    """A JSON list of cookies for every instruction: `[{"name": …, "value": …, "domain": …}]`.
    Optional fields: `expireDate`, `isHttpOnly`, `isSecure`, `path`."""

    instruction_headers: Annotated[tuple[InstructionHeader, ...], *JSON] = ()
    """A JSON list of headers for every instruction: `[{"name": …, "value": …}]`."""

    checkout_path: UrlPath = "/checkout/"
    """The path of the shop's checkout."""

    checkout_hosts: Annotated[tuple[Host, ...], *COMMA_SEPARATED] = ()
    """Other hosts to which checkout may redirect, separated by commas."""

    checkout_preflight: Literal["always", "remember", "off"] = "remember"
    """Whether a transfer asks the shop's checkout first. `remember`: a guest's bag is not asked
    about if checkout has accepted one like it within the last minute: see
    [The checkout preflight](products.md#the-checkout-preflight). `off`: use it if Handoff cannot
    reach the shop's pages."""

    direct_entry: bool = False
    """`true`: a web view may bring a quote itself: see [Direct entry](direct-entry.md)."""

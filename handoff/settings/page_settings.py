"""The settings for the look of the pages and the way back to the app."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from handoff.settings.group import DefaultText, SettingsGroup
from handoff.settings.value_types import AppUrl, HexColour, WebUrl


class PageSettings(SettingsGroup):
    """The look of the pages"""

    shop_name: Annotated[
        Annotated[str, Field(max_length=80)] | None, DefaultText("the shop's host")
    ] = None
    """The shop's name, up to 80 characters."""

    shop_logo_url: WebUrl | None = None
    """The shop's logo, shown instead of the name."""

    shop_accent: HexColour = "#1a4fd6"
    """The colour of buttons. Handoff keeps text on it and in it readable."""

    app_return_url: Annotated[AppUrl | None, DefaultText("none: one step back in the web view")] = (
        None
    )
    """The address to which "Back to the app" leads: an https URL or the app's own scheme."""

    poq_script_url: WebUrl | None = None
    """Poq's web checkout script, if Handoff's pages have to load it to talk to the app."""

    poq_script_integrity: (
        Annotated[str, Field(pattern=r"^sha(256|384|512)-[A-Za-z0-9+/=]+$")] | None
    ) = None
    """The hash of this script: `sha384-…`."""

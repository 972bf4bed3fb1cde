"""The settings for the look of the pages and the way back to the app."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from handoff.settings.group import DefaultText, SettingsGroup
from handoff.settings.value_types import (
    AppStyle,
    AppUrl,
    HexColour,
    PageTextsFolder,
    WebUrl,
    require_pattern,
)


class PageSettings(SettingsGroup):
    """The look of the pages"""

    shop_name: Annotated[
        Annotated[str, Field(max_length=80)] | None, DefaultText("the shop's host")
    ] = None
    """The shop's name, up to 80 characters."""

    shop_logo_url: WebUrl | None = None
    """The shop's logo, shown instead of the name."""

    shop_logo_dark_url: Annotated[WebUrl | None, DefaultText("`HANDOFF_SHOP_LOGO_URL`")] = None
    """The shop's logo on a dark page."""

    shop_accent: HexColour = "#1a4fd6"
    """The colour of buttons. Handoff keeps text on it and in it readable."""

    shop_accent_dark: Annotated[HexColour | None, DefaultText("`HANDOFF_SHOP_ACCENT`")] = None
    """The colour of buttons on a dark page."""

    page_texts: PageTextsFolder | None = None
    """A folder with the shop's own wording of the pages: see
    [Your own wording](shopper-pages.md#your-own-wording)."""

    app_return_url: Annotated[AppUrl | None, DefaultText("none")] = None
    """The address to which "Back to the app" and "Continue shopping" lead if the page cannot reach
    Poq's app: an https URL or the app's own scheme."""

    app_style: AppStyle | None = None
    """`true`: checkout in the app shows no header, no footer and no links out of it. Or the address
    of a style sheet of your own: see [App look](web-checkout.md#app-look)."""

    poq_assets_url: WebUrl = "https://assets.poq.io"
    """The address from which Handoff fetches Poq's web checkout script, to serve it from the shop's
    host: see [Poq's script](web-checkout.md#poqs-script)."""

    poq_script_url: WebUrl | None = None
    """Poq's web checkout script, if Handoff's pages have to load it to talk to the app."""

    poq_script_integrity: (
        Annotated[
            str,
            require_pattern(r"sha(256|384|512)-[A-Za-z0-9+/=]+", "a hash such as sha384-…"),
        ]
        | None
    ) = None
    """The hash of this script: `sha384-…`."""

"""Builds `/web-checkout.js` from the files in `static/` and the settings."""

from __future__ import annotations

import json
from pathlib import Path

from handoff.resource_folders import find_resource_folder
from handoff.settings import Settings

_FILES = ("poq-bridge.js", "web-checkout.js")
_PLACEHOLDER = "WEB_CHECKOUT_SETTINGS"


def build_script(settings: Settings) -> str:
    """Return the script, with the values that it needs from the settings."""
    folder = Path(find_resource_folder("static"))
    text = "\n".join((folder / name).read_text("utf-8") for name in _FILES)
    values = {
        "homes": sorted({site.storefront_url for site in settings.store_sites.all}),
        "appReturnUrl": settings.app_return_url,
        "appStyle": settings.app_style,
    }
    # `<` cannot end a script, if somebody puts this text into a page.
    return text.replace(_PLACEHOLDER, json.dumps(values).replace("<", "\\u003c"))

"""`/theme.css`: the shop's accent colour as the pages use it, on a light and a dark ground."""

from __future__ import annotations

from flask import Blueprint, Response

from handoff.entry.colours import AA_SHAPE, Colour, readable_on, text_colour_on
from handoff.services import services

theme_blueprint = Blueprint("theme", __name__)

# The grounds of page.css.
LIGHT, DARK = Colour.parse("#ffffff"), Colour.parse("#121214")


@theme_blueprint.get("/theme.css")
def theme_css() -> Response:
    """Answer with a few custom properties, the same for everybody."""
    accent = Colour.parse(services().settings.shop_accent)
    dark = f"@media(prefers-color-scheme:dark){{{_properties(accent, DARK)}}}"
    response = Response(_properties(accent, LIGHT) + dark, mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _properties(accent: Colour, ground: Colour) -> str:
    on_accent, link = text_colour_on(accent), readable_on(ground, accent)
    edge = readable_on(ground, accent, AA_SHAPE)
    return f":root{{--accent:{accent};--on-accent:{on_accent};--link:{link};--edge:{edge}}}"

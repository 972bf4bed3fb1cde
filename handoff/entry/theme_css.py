"""`/theme.css`: the shop's accent colour in the shades for light and dark pages.

Contrasts follow WCAG 2.2: 4.5 to 1 for text (1.4.3), 3 to 1 for the edge of a button (1.4.11).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Flask, Response

MIN_TEXT_CONTRAST = 4.5
MIN_SHAPE_CONTRAST = 3.0
_HEX = re.compile("#(?:[0-9A-Fa-f]{3}){1,2}")
_MIXING_STEPS = 20


@dataclass(frozen=True, slots=True)
class Colour:
    """An sRGB colour: red, green and blue from 0 to 255."""

    red: int
    green: int
    blue: int

    @classmethod
    def parse(cls, text: str) -> Colour:
        """Return the colour of `#rrggbb` or `#rgb`. Raises ValueError for anything else."""
        if not _HEX.fullmatch(text):
            raise ValueError("has to look like #1a4fd6")
        digits = text[1:] if len(text) == 7 else "".join(digit * 2 for digit in text[1:])
        return cls(*bytes.fromhex(digits))

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def luminance(self) -> float:
        """The relative luminance, from 0 for black to 1 for white."""
        red, green, blue = (_linearize(part / 255) for part in (self.red, self.green, self.blue))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def compute_contrast(self, other: Colour) -> float:
        """Return the contrast with another colour, from 1 to 21."""
        dark, light = sorted((self.luminance, other.luminance))
        return (light + 0.05) / (dark + 0.05)

    def mix_with(self, other: Colour, share: float) -> Colour:
        """Return the colour with a share of another colour, from 0 to 1, mixed in."""
        own = (self.red, self.green, self.blue)
        others = (other.red, other.green, other.blue)
        return Colour(*(round(a + (b - a) * share) for a, b in zip(own, others, strict=True)))


BLACK, WHITE = Colour(0, 0, 0), Colour(255, 255, 255)
# The backgrounds of page.css.
LIGHT_BACKGROUND, DARK_BACKGROUND = WHITE, Colour.parse("#121214")


def register_theme_css(app: Flask, accent: str, dark_accent: str | None) -> None:
    """Serve `/theme.css` with the custom properties for the accent colours."""
    css = build_theme_css(Colour.parse(accent), Colour.parse(dark_accent or accent))

    @app.get("/theme.css")
    def _serve_theme_css() -> Response:
        response = Response(css, mimetype="text/css")
        response.headers["Cache-Control"] = "public, max-age=300"
        return response


def build_theme_css(accent: Colour, dark_accent: Colour) -> str:
    """Return the style sheet: the properties for light pages, then those for dark ones."""
    dark = _build_properties(dark_accent, DARK_BACKGROUND)
    return (
        f"{_build_properties(accent, LIGHT_BACKGROUND)}@media(prefers-color-scheme:dark){{{dark}}}"
    )


def choose_text_colour(background: Colour) -> Colour:
    """Return black or white, whichever has more contrast: at least MIN_TEXT_CONTRAST."""
    return max((BLACK, WHITE), key=background.compute_contrast)


def adjust_for_contrast(
    colour: Colour, background: Colour, contrast: float = MIN_TEXT_CONTRAST
) -> Colour:
    """Return the colour, mixed with as little black or white as the contrast needs."""
    end = choose_text_colour(background)
    mixed = (colour.mix_with(end, step / _MIXING_STEPS) for step in range(_MIXING_STEPS + 1))
    return next((mix for mix in mixed if mix.compute_contrast(background) >= contrast), end)


def _build_properties(accent: Colour, background: Colour) -> str:
    on_accent = choose_text_colour(accent)
    link = adjust_for_contrast(accent, background)
    edge = adjust_for_contrast(accent, background, MIN_SHAPE_CONTRAST)
    return f":root{{--accent:{accent};--on-accent:{on_accent};--link:{link};--edge:{edge}}}"


def _linearize(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

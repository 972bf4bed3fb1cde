"""The shop's accent colour, made readable: as a ground for words, and as words on the page.

Contrast is that of WCAG 2.2: 4.5 to 1 for text (1.4.3), 3 to 1 for what shows where a button is
(1.4.11).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

AA = 4.5
AA_SHAPE = 3.0
_HEX = re.compile("#(?:[0-9A-Fa-f]{3}){1,2}")
_STEPS = 20


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour of the screen: red, green and blue from 0 to 255."""

    red: int
    green: int
    blue: int

    @classmethod
    def parse(cls, text: str) -> Colour:
        """Read `#rrggbb` or `#rgb`; raises ValueError for anything else."""
        if not _HEX.fullmatch(text):
            raise ValueError("has to look like #1a4fd6")
        digits = text[1:] if len(text) == 7 else "".join(digit * 2 for digit in text[1:])
        return cls(*bytes.fromhex(digits))

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def luminance(self) -> float:
        """Relative luminance, from 0 for black to 1 for white."""
        red, green, blue = (_linear(part / 255) for part in (self.red, self.green, self.blue))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def contrast(self, other: Colour) -> float:
        """Contrast with another colour, from 1 to 21."""
        dark, light = sorted((self.luminance, other.luminance))
        return (light + 0.05) / (dark + 0.05)

    def towards(self, other: Colour, share: float) -> Colour:
        """Mix in a share of another colour, from 0 to 1."""
        mine = (self.red, self.green, self.blue)
        theirs = (other.red, other.green, other.blue)
        return Colour(*(round(a + (b - a) * share) for a, b in zip(mine, theirs, strict=True)))


BLACK, WHITE = Colour(0, 0, 0), Colour(255, 255, 255)


def text_colour_on(ground: Colour) -> Colour:
    """Return black or white, whichever reads better; one of them always has contrast AA."""
    return max((BLACK, WHITE), key=ground.contrast)


def readable_on(ground: Colour, colour: Colour, contrast: float = AA) -> Colour:
    """Return the colour, moved towards black or white as little as the contrast needs."""
    end = text_colour_on(ground)
    mixed = (colour.towards(end, step / _STEPS) for step in range(_STEPS + 1))
    return next((one for one in mixed if one.contrast(ground) >= contrast), end)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

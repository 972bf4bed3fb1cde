"""`/theme.css`: text on and in any accent colour has enough contrast."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from handoff.entry.theme_css import (
    BLACK,
    DARK_BACKGROUND,
    LIGHT_BACKGROUND,
    MIN_TEXT_CONTRAST,
    WHITE,
    Colour,
    adjust_for_contrast,
    choose_text_colour,
)
from tests.conftest import MakeApp

colours = st.builds(Colour, *(st.integers(0, 255),) * 3)


def test_contrast_follows_wcag() -> None:
    assert BLACK.compute_contrast(WHITE) == pytest.approx(21)
    assert Colour.parse("#777777").compute_contrast(WHITE) == pytest.approx(4.48, abs=0.01)
    assert Colour.parse("#f00").compute_contrast(WHITE) == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize("text", ["red", "1a4fd6", "#12", "#12345", "#gggggg", "#1234567", ""])
def test_texts_that_are_no_colours_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="has to look like"):
        Colour.parse(text)


def test_short_and_long_hex_colours_are_equal() -> None:
    assert str(Colour.parse("#1AF")) == "#11aaff"


@given(colours)
def test_text_on_the_accent_has_enough_contrast(accent: Colour) -> None:
    assert choose_text_colour(accent).compute_contrast(accent) >= MIN_TEXT_CONTRAST


@given(colours)
def test_text_in_the_accent_has_enough_contrast_on_both_backgrounds(accent: Colour) -> None:
    for background in (LIGHT_BACKGROUND, DARK_BACKGROUND):
        link = adjust_for_contrast(accent, background)
        assert link.compute_contrast(background) >= MIN_TEXT_CONTRAST


@given(colours)
def test_an_accent_with_enough_contrast_is_not_changed(accent: Colour) -> None:
    if accent.compute_contrast(LIGHT_BACKGROUND) >= MIN_TEXT_CONTRAST:
        assert adjust_for_contrast(accent, LIGHT_BACKGROUND) == accent


def test_the_theme_has_the_shops_accent(make_app: MakeApp) -> None:
    answer = make_app(shop_accent="#ffdd00").test_client().get("/theme.css")
    assert answer.mimetype == "text/css"
    assert answer.text.startswith(":root{--accent:#ffdd00;--on-accent:#000000;--link:#")
    assert len(re.findall("--link:", answer.text)) == 2


def test_dark_pages_may_have_an_accent_of_their_own(make_app: MakeApp) -> None:
    app = make_app(shop_accent="#ffdd00", shop_accent_dark="#ff8800")
    light, dark = app.test_client().get("/theme.css").text.split("@media")
    assert "--accent:#ffdd00" in light
    assert "--accent:#ff8800" in dark
    assert "#ffdd00" not in dark


def test_the_backgrounds_are_those_of_page_css(client: FlaskClient) -> None:
    with client.get("/static/page.css") as answer:
        style = answer.get_data(as_text=True)
    light, dark = (str(Colour.parse(c)) for c in re.findall(r"--page: (#\w+);", style))
    assert (light, dark) == (str(LIGHT_BACKGROUND), str(DARK_BACKGROUND))

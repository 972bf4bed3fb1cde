"""Whatever the shop's accent colour is, words on it and in it can be read."""

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


def test_contrast_is_that_of_wcag() -> None:
    assert BLACK.contrast_with(WHITE) == pytest.approx(21)
    assert Colour.parse("#777777").contrast_with(WHITE) == pytest.approx(4.48, abs=0.01)
    assert Colour.parse("#f00").contrast_with(WHITE) == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize("text", ["red", "1a4fd6", "#12", "#12345", "#gggggg", "#1234567", ""])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="has to look like"):
        Colour.parse(text)


def test_short_and_long_spellings_are_one() -> None:
    assert str(Colour.parse("#1AF")) == "#11aaff"


@given(colours)
def test_words_on_the_accent_have_contrast_aa(accent: Colour) -> None:
    assert choose_text_colour(accent).contrast_with(accent) >= MIN_TEXT_CONTRAST


@given(colours)
def test_words_in_the_accent_have_contrast_aa_on_both_grounds(accent: Colour) -> None:
    for background in (LIGHT_BACKGROUND, DARK_BACKGROUND):
        link = adjust_for_contrast(accent, background)
        assert link.contrast_with(background) >= MIN_TEXT_CONTRAST


@given(colours)
def test_an_accent_that_can_be_read_stays_as_it_is(accent: Colour) -> None:
    if accent.contrast_with(LIGHT_BACKGROUND) >= MIN_TEXT_CONTRAST:
        assert adjust_for_contrast(accent, LIGHT_BACKGROUND) == accent


def test_the_theme_is_the_shops(make_app: MakeApp) -> None:
    answer = make_app(shop_accent="#ffdd00").test_client().get("/theme.css")
    assert answer.mimetype == "text/css"
    assert answer.text.startswith(":root{--accent:#ffdd00;--on-accent:#000000;--link:#")
    assert len(re.findall("--link:", answer.text)) == 2


def test_the_grounds_are_those_of_the_style_sheet(client: FlaskClient) -> None:
    with client.get("/static/page.css") as answer:
        style = answer.get_data(as_text=True)
    light, dark = (str(Colour.parse(c)) for c in re.findall(r"--page: (#\w+);", style))
    assert (light, dark) == (str(LIGHT_BACKGROUND), str(DARK_BACKGROUND))

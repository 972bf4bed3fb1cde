"""Every page, for everybody: no findings of axe-core, room for large text, stillness, focus."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize, expect

from handoff.entry.theme_css import Colour
from tests.browser.conftest import NewStage
from tests.browser.every_page import PAGES

ENDINGS = [page for page in PAGES if page not in ("waiting", "asking")]
WITHOUT_A_HANDOFF = {"unknown", *PAGES[PAGES.index("paused") :]}
SMALL = ViewportSize(width=320, height=568)
COLOURS = ["#1a4fd6", "#ffee00", "#000000", "#ffffff", "#ff0000"]

_ABOUT_COLOURS = {"runOnly": ["color-contrast"]}
_EDGE = "getComputedStyle(document.querySelector('button, .button')).borderTopColor"


def findings(page: Page, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what axe-core finds, and what of the contrast it could not judge."""
    page.evaluate(f"window.axe || (() => {{ {AXE_SCRIPT} }})()")
    found = page.evaluate("options => axe.run(options)", options or {})
    unsure = [one for one in found["incomplete"] if one["id"] == "color-contrast"]
    assert found["passes"]
    return {
        one["id"]: [node["html"] for node in one["nodes"]]
        for one in (*found["violations"], *unsure)
    }


def in_light_and_dark(page: Page) -> Iterator[None]:
    """Go through the two colour schemes."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        yield


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_found_in_either_direction_and_scheme(name: str, new_stage: NewStage) -> None:
    stage = new_stage()
    stage.show(name)
    page = stage.web_view.page
    expect(page.locator("html[lang=en][dir=ltr] h1")).to_be_visible()
    for _ in in_light_and_dark(page):
        assert findings(page) == {}
    page.set_extra_http_headers({"Accept-Language": "ar"})
    page.reload()
    expect(page.locator("html[lang=ar][dir=rtl] h1")).to_be_visible()
    assert findings(page) == {}


@pytest.mark.parametrize("accent", COLOURS)
def test_with_any_accent_words_and_buttons_stand_out(accent: str, new_stage: NewStage) -> None:
    stage = new_stage(shop_accent=accent)
    stage.unavailable()
    page = stage.web_view.page
    grounds = set()
    for _ in in_light_and_dark(page):
        assert findings(page, _ABOUT_COLOURS) == {}
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        grounds.add(ground)
        assert colour(page.evaluate(_EDGE)).contrast_with(colour(ground)) >= 3
    assert len(grounds) == 2


def colour(words: str) -> Colour:
    """Read a colour as a browser writes it, `rgb(1, 2, 3)`."""
    return Colour(*map(int, re.findall(r"\d+", words)))


@pytest.mark.parametrize("name", ["waiting", "asking", "used", "unavailable"])
def test_text_twice_as_large_fits_on_the_narrowest_phone(name: str, new_stage: NewStage) -> None:
    stage = new_stage()
    stage.show(name)
    page = stage.web_view.page
    page.set_viewport_size(SMALL)
    before = page.locator("h1").evaluate("h1 => h1.offsetHeight")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.locator("h1").evaluate("h1 => h1.offsetHeight") > before
    assert page.evaluate("document.documentElement.scrollWidth") == SMALL["width"]
    for words in page.locator("h1, p, button, .button").all():
        assert words.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_who_wants_no_motion_gets_none(new_stage: NewStage) -> None:
    stage = new_stage()
    stage.waiting()
    page = stage.web_view.page
    assert page.evaluate("document.getAnimations().length") == 1
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("name", ENDINGS)
def test_an_ending_is_announced_has_a_code_for_support_and_focus_on_what_to_do(
    name: str, new_stage: NewStage
) -> None:
    stage = new_stage()
    stage.show(name)
    page = stage.web_view.page
    expect(page.locator(":focus")).to_have_text(
        "Try again" if name in ("unavailable", "fault", "paused") else "Back to the app"
    )
    expect(page.get_by_role("status")).to_contain_text(page.locator("h1").inner_text())
    handoff_id = page.url.rpartition("/")[2].partition(".")[0]
    codes = [] if name in WITHOUT_A_HANDOFF else [handoff_id[:8]]
    assert page.locator(".code b").all_inner_texts() == codes


@pytest.mark.parametrize(
    ("name", "todo"), [("used", "Back to the app"), ("unavailable", "Try again")]
)
def test_so_it_is_where_no_return_address_is_set(name: str, todo: str, new_stage: NewStage) -> None:
    stage = new_stage(app_return_url=None)
    stage.show(name)
    expect(stage.web_view.page.locator(":focus")).to_have_text(todo)


def test_where_the_page_waits_its_button_has_focus(new_stage: NewStage) -> None:
    stage = new_stage()
    stage.waiting()
    expect(stage.web_view.page.locator(":focus")).to_have_text("Continue to checkout")

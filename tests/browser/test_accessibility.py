"""Accessibility of every page: axe-core, large text, reduced motion, focus."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, Route, ViewportSize, expect

from handoff.entry.theme_css import Colour
from handoff.support_code import build_support_code, normalize_support_code
from tests.browser.conftest import NewScenarios
from tests.browser.page_scenarios import PAGES

pytestmark = pytest.mark.processes

RESULT_PAGES = [page for page in PAGES if page not in ("entry_page", "question")]
WITHOUT_HANDOFF = {"unknown", "no_page", *PAGES[PAGES.index("too_many") :]}
SMALL = ViewportSize(width=320, height=568)
COLOURS = ["#1a4fd6", "#ffee00", "#000000", "#ffffff", "#ff0000"]

_CONTRAST_ONLY = {"runOnly": ["color-contrast"]}
_COUNT_LINES = """(element, word) => {
  const text = element.firstChild, range = document.createRange();
  const start = text.data.indexOf(word);
  range.setStart(text, start);
  range.setEnd(text, start + word.length);
  return range.getClientRects().length;
}"""
_EDGE = "getComputedStyle(document.querySelector('button, .button')).borderTopColor"


def run_axe(page: Page, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the violations that axe-core finds, and the contrasts that it could not judge."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"(() => {{ {AXE_SCRIPT} }})()")
    found = page.evaluate("options => axe.run(options)", options or {})
    unsure = [rule for rule in found["incomplete"] if rule["id"] == "color-contrast"]
    assert found["passes"]
    return {
        rule["id"]: [node["html"] for node in rule["nodes"]]
        for rule in (*found["violations"], *unsure)
    }


def emulate_light_and_dark(page: Page) -> Iterator[None]:
    """Emulate the light and then the dark colour scheme."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        yield


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_any_scheme_and_direction(
    name: str, new_scenarios: NewScenarios
) -> None:
    scenarios = new_scenarios()
    scenarios.open(name)
    page = scenarios.web_view.page
    expect(page.locator("html[lang=en][dir=ltr] h1")).to_be_visible()
    assert run_axe(page) == {}
    page.emulate_media(color_scheme="dark")
    assert run_axe(page, _CONTRAST_ONLY) == {}
    page.set_extra_http_headers({"Accept-Language": "ar"})
    page.reload()
    expect(page.locator("html[lang=ar][dir=rtl] h1")).to_be_visible()
    assert run_axe(page) == {}


@pytest.mark.parametrize("accent", COLOURS)
def test_text_and_buttons_have_contrast_with_any_accent(
    accent: str, new_scenarios: NewScenarios
) -> None:
    scenarios = new_scenarios(shop_accent=accent)
    scenarios.open_unavailable()
    page = scenarios.web_view.page
    backgrounds = set()
    for _ in emulate_light_and_dark(page):
        assert run_axe(page, _CONTRAST_ONLY) == {}
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        backgrounds.add(background)
        assert parse_rgb(page.evaluate(_EDGE)).compute_contrast(parse_rgb(background)) >= 3
    assert len(backgrounds) == 2


def parse_rgb(text: str) -> Colour:
    """Return the colour that a browser writes as `rgb(1, 2, 3)`."""
    return Colour(*map(int, re.findall(r"\d+", text)))


@pytest.mark.parametrize("name", ["entry_page", "question", "used", "unavailable"])
def test_text_of_double_size_fits_the_narrowest_phone(
    name: str, new_scenarios: NewScenarios
) -> None:
    scenarios = new_scenarios()
    scenarios.open(name)
    page = scenarios.web_view.page
    page.set_viewport_size(SMALL)
    before = page.locator("h1").evaluate("h1 => h1.offsetHeight")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.locator("h1").evaluate("h1 => h1.offsetHeight") > before
    assert page.evaluate("document.documentElement.scrollWidth") == SMALL["width"]
    for element in page.locator("h1, p, button, .button").all():
        assert element.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_text_of_double_size_does_not_break_a_long_word(new_scenarios: NewScenarios) -> None:
    scenarios = new_scenarios()
    page = scenarios.web_view.page
    page.set_viewport_size(ViewportSize(width=390, height=844))
    page.set_extra_http_headers({"Accept-Language": "de"})
    scenarios.open("unknown")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    expect(page.locator("h1")).to_have_text("Dieser Link funktioniert nicht")
    assert page.locator("h1").evaluate(_COUNT_LINES, "funktioniert") == 1


def test_a_focused_button_of_double_size_does_not_push_the_title_away(
    new_scenarios: NewScenarios,
) -> None:
    scenarios = new_scenarios()
    page = scenarios.web_view.page
    page.set_viewport_size(ViewportSize(width=390, height=844))
    page.set_extra_http_headers({"Accept-Language": "de"})
    page.route("**/page.css*", _double_font_size)  # before the browser scrolls to the focus
    scenarios.open("unavailable")
    expect(page.locator(":focus")).to_be_in_viewport(ratio=1)
    expect(page.locator("h1")).to_be_in_viewport(ratio=0.8)
    assert page.evaluate("scrollY") > 0


def _double_font_size(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=f"{answer.text()} html {{ font-size: 200%; }}")


def test_reduced_motion_is_respected(new_scenarios: NewScenarios) -> None:
    scenarios = new_scenarios()
    scenarios.open_entry_page()
    page = scenarios.web_view.page
    moving = "document.getAnimations().filter(each => each.animationName === 'move').length"
    assert page.evaluate(moving) == 1
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(moving) == 0


@pytest.mark.parametrize("name", RESULT_PAGES)
def test_a_result_page_is_announced_with_support_code_and_focused_button(
    name: str, new_scenarios: NewScenarios
) -> None:
    scenarios = new_scenarios()
    scenarios.open(name)
    page = scenarios.web_view.page
    expect(page.locator(":focus")).to_have_text(
        "Try again" if name in ("unavailable", "fault", "paused") else "Back to the app"
    )
    expect(page.get_by_role("status")).to_contain_text(page.locator("h1").inner_text())
    [code] = page.locator(".code b").all_inner_texts()
    assert normalize_support_code(code) == code
    if name not in WITHOUT_HANDOFF:
        handoff_id = page.url.rpartition("/")[2].partition(".")[0]
        assert build_support_code({"handoff": handoff_id}) == code
    snapshot = page.locator(".code").aria_snapshot()
    assert " ".join(code.replace("-", ",")) in snapshot
    assert code not in snapshot


def test_the_same_button_has_focus_without_a_return_url(new_scenarios: NewScenarios) -> None:
    scenarios = new_scenarios(app_return_url=None)
    scenarios.open("unavailable")
    expect(scenarios.web_view.page.locator(":focus")).to_have_text("Try again")


def test_a_page_has_no_button_that_leads_nowhere(new_scenarios: NewScenarios) -> None:
    scenarios = new_scenarios(app_return_url=None)
    scenarios.open("used")
    expect(scenarios.web_view.page.get_by_role("button")).to_have_count(0)


def test_the_button_of_the_entry_page_has_focus(new_scenarios: NewScenarios) -> None:
    scenarios = new_scenarios()
    scenarios.open_entry_page()
    expect(scenarios.web_view.page.locator(":focus")).to_have_text("Continue to checkout")

"""The look of the pages: icons, the ring around a focused button, the logo, the waiting page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import NewScenarios

pytestmark = pytest.mark.processes

LOGO = "https://cdn.shop.example/logo.svg"
DARK_LOGO = "https://cdn.shop.example/logo-dark.svg"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40"/>'


def read_icon(page: Page) -> str:
    """Return the drawing and the colour of the icon."""
    icon = page.locator("svg.icon")
    expect(icon).to_be_visible()
    return str(icon.evaluate("icon => icon.innerHTML + getComputedStyle(icon).color"))


def test_an_order_does_not_look_like_a_link_that_does_not_work(
    new_scenarios: NewScenarios,
) -> None:
    icons = {}
    for name in ("ordered", "expired", "used", "unavailable", "unknown"):
        scenarios = new_scenarios()
        scenarios.open(name)
        icons[name] = read_icon(scenarios.web_view.page)
    assert len(set(icons.values())) == len(icons)


def test_the_focused_button_has_one_ring(new_scenarios: NewScenarios) -> None:
    scenarios = new_scenarios()
    scenarios.open("unavailable")
    page = scenarios.web_view.page
    for button in page.locator("button, .button").all():
        button.focus()
        style = button.evaluate(
            "e => { const s = getComputedStyle(e);"
            " return [s.outlineStyle, s.outlineWidth, s.outlineOffset, s.borderTopWidth] }"
        )
        # The ring begins at the inner edge of the border and covers it.
        assert style == ["solid", "4px", "-2px", "2px"]


def answer_with_picture(route: Route) -> None:
    route.fulfill(body=SVG, content_type="image/svg+xml")


def test_a_dark_page_shows_the_dark_logo(new_scenarios: NewScenarios) -> None:
    scenarios = new_scenarios(shop_logo_url=LOGO, shop_logo_dark_url=DARK_LOGO)
    page = scenarios.web_view.page
    page.route("https://cdn.shop.example/**", answer_with_picture)
    for scheme, logo in (("light", LOGO), ("dark", DARK_LOGO)):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        scenarios.open("unknown")
        expect(page.locator("header img")).to_be_visible()
        assert page.locator("header img").evaluate("img => img.currentSrc") == logo


def test_the_name_replaces_a_logo_that_does_not_load(new_scenarios: NewScenarios) -> None:
    scenarios = new_scenarios(shop_logo_url=LOGO)
    page = scenarios.web_view.page
    page.route("https://cdn.shop.example/**", lambda route: route.fulfill(status=404))
    scenarios.open("unknown")
    expect(page.locator("header b")).to_have_text("Fern & Field")
    expect(page.locator("header img")).to_have_count(0)


def test_the_button_of_the_waiting_page_appears_after_a_second(
    new_scenarios: NewScenarios,
) -> None:
    scenarios = new_scenarios()
    scenarios.open("entry_page")
    button = scenarios.web_view.page.get_by_role("button")
    [delay] = button.evaluate("e => e.getAnimations().map(a => a.effect.getTiming().delay)")
    assert delay == 1000
    expect(button).to_have_css("opacity", "1")

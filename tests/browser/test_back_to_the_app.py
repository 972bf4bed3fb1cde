"""'Back to the app': with Poq's script, with a return URL, and with neither."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import NewScenarios
from tests.browser.web_view import WebView

pytestmark = pytest.mark.processes

BACK = "Back to the app"
RETURN = "http://localhost:8/the-app"
BRIDGE = """
window.sent = [];
window.PoqWebCheckout = { send: (name, data) => window.sent.push(data ? [name, data] : [name]) };
"""


@pytest.fixture
def app_at_return_url(web_view: WebView) -> None:
    """Serve a page at the return URL."""

    def answer(route: Route) -> None:
        route.fulfill(body="<h1>The app</h1>", content_type="text/html")

    web_view.page.route(RETURN, answer)


@pytest.mark.parametrize(("page_name", "return_url"), [("expired", None), ("unavailable", RETURN)])
def test_the_button_reports_an_error_to_poqs_script_and_closes_the_web_view(
    page_name: str, return_url: str | None, new_scenarios: NewScenarios, web_view: WebView
) -> None:
    web_view.page.add_init_script(BRIDGE)
    new_scenarios(app_return_url=return_url).open(page_name)
    here = web_view.page.url
    web_view.tap(BACK)
    web_view.page.wait_for_timeout(300)
    title = web_view.page.locator("h1").inner_text()
    assert web_view.page.evaluate("window.sent") == [
        ["error", {"errorMessage": title}],
        ["closewebview"],
    ]
    assert web_view.page.url == here


def test_going_back_from_the_question_reports_no_error(
    new_scenarios: NewScenarios, web_view: WebView
) -> None:
    web_view.page.add_init_script(BRIDGE)
    new_scenarios(app_return_url=RETURN).open_question()
    web_view.tap(BACK)
    assert web_view.page.evaluate("window.sent") == [["closewebview"]]


@pytest.mark.usefixtures("app_at_return_url")
@pytest.mark.parametrize("page", ["expired", "question"])
def test_without_poqs_script_the_button_opens_the_return_url(
    page: str, new_scenarios: NewScenarios, web_view: WebView
) -> None:
    new_scenarios(app_return_url=RETURN).open(page)
    web_view.tap(BACK)
    web_view.sees("The app")
    assert web_view.page.url == RETURN


def test_there_is_no_button_that_could_lead_nowhere(
    new_scenarios: NewScenarios, web_view: WebView
) -> None:
    new_scenarios(app_return_url=None).open_unknown()
    web_view.sees("This link does not work")
    web_view.page.wait_for_load_state()
    expect(web_view.page.locator("[data-back]")).to_be_hidden()


@pytest.mark.usefixtures("app_at_return_url")
def test_without_javascript_the_button_is_shown_only_with_a_return_url(
    new_scenarios: NewScenarios, without_scripts: WebView
) -> None:
    for return_url, buttons in ((None, 0), (RETURN, 1)):
        scenarios = new_scenarios(app_return_url=return_url)
        without_scripts.open(f"{scenarios.poq.url}/h/nothing")
        without_scripts.sees("This link does not work")
        button = without_scripts.page.get_by_text(BACK, exact=True)
        expect(button.filter(visible=True)).to_have_count(buttons)

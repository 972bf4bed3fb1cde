"""'Back to the app', where Poq's script is there, where a return address is, and where neither."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import NewStage
from tests.browser.web_view import WebView

BACK = "Back to the app"
RETURN = "http://localhost:8/the-app"
BRIDGE = """
window.sent = [];
window.PoqWebCheckout = { send: (name, data) => window.sent.push(data ? [name, data] : [name]) };
"""


@pytest.fixture
def app_opened(web_view: WebView) -> None:
    """Answer at the return address."""

    def answer(route: Route) -> None:
        route.fulfill(body="<h1>The app</h1>", content_type="text/html")

    web_view.page.route(RETURN, answer)


@pytest.mark.parametrize(("ending", "return_url"), [("expired", None), ("unavailable", RETURN)])
def test_poqs_script_is_told_what_happened_and_then_to_close(
    ending: str, return_url: str | None, new_stage: NewStage, web_view: WebView
) -> None:
    web_view.page.add_init_script(BRIDGE)
    new_stage(app_return_url=return_url).show(ending)
    here = web_view.page.url
    web_view.tap(BACK)
    web_view.page.wait_for_timeout(300)
    title = web_view.page.locator("h1").inner_text()
    assert web_view.page.evaluate("window.sent") == [
        ["error", {"errorMessage": title}],
        ["closewebview"],
    ]
    assert web_view.page.url == here


def test_who_would_rather_not_go_to_checkout_has_met_no_error(
    new_stage: NewStage, web_view: WebView
) -> None:
    web_view.page.add_init_script(BRIDGE)
    new_stage(app_return_url=RETURN).asking()
    web_view.tap(BACK)
    assert web_view.page.evaluate("window.sent") == [["closewebview"]]


@pytest.mark.usefixtures("app_opened")
@pytest.mark.parametrize("page", ["expired", "asking"])
def test_without_poqs_script_the_link_leads_to_the_app(
    page: str, new_stage: NewStage, web_view: WebView
) -> None:
    new_stage(app_return_url=RETURN).show(page)
    web_view.tap(BACK)
    web_view.sees("The app")
    assert web_view.page.url == RETURN


def test_without_either_it_goes_back(new_stage: NewStage, web_view: WebView) -> None:
    web_view.page.goto(f"{web_view.shop}/")
    new_stage(app_return_url=None).unknown()
    web_view.tap(BACK)
    web_view.page.wait_for_url(f"{web_view.shop}/")


@pytest.mark.usefixtures("app_opened")
def test_without_scripts_no_button_promises_what_it_cannot_do(
    new_stage: NewStage, without_scripts: WebView
) -> None:
    for return_url, buttons in ((None, 0), (RETURN, 1)):
        stage = new_stage(app_return_url=return_url)
        without_scripts.open(f"{stage.poq.url}/h/nothing")
        without_scripts.sees("This link does not work")
        button = without_scripts.page.get_by_text(BACK, exact=True)
        expect(button.filter(visible=True)).to_have_count(buttons)

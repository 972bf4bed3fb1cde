"""The entry page when the browser restores it from its back-forward cache.

Playwright switches that cache off, and Chromium keeps no page with `no-store` in it. Other web
views do, so these tests remove both.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Response
from playwright.sync_api import Browser, Playwright

from tests.browser.conftest import ARGUMENTS, Serve
from tests.browser.ledger_queries import read_link_use
from tests.browser.web_view import WebView
from tests.conftest import MakeApp
from tests.running_servers import require_program

pytestmark = pytest.mark.processes

CONTINUE = "Continue to checkout"
REMEMBER = "addEventListener('pageshow', event => { window.cameFromCache = event.persisted; });"


@pytest.fixture
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(
        executable_path=require_program("chromium"),
        args=ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    with browser:
        yield browser


@pytest.fixture
def make_app(make_app: MakeApp) -> MakeApp:
    """Return a function that makes apps whose pages may be cached."""

    def make(**settings: object) -> object:
        app = make_app(**settings)

        @app.after_request
        def _allow_caching(response: Response) -> Response:
            response.headers["Cache-Control"] = "no-cache"
            return response

        return app

    return make  # type: ignore[return-value]


DELAY_POST = """
const submit = HTMLFormElement.prototype.submit;
HTMLFormElement.prototype.submit = function () {
  addEventListener("load", () => setTimeout(() => submit.call(this), 200));
};
"""


def test_a_restored_page_does_not_post_itself_and_its_button_works(
    serve: Serve, web_view: WebView, tmp_path: Path
) -> None:
    link = serve().request_link(("ITEM-02", 1))
    page = web_view.page
    page.add_init_script(REMEMBER)
    # A page that posts itself before it has loaded leaves no entry in the history.
    page.add_init_script(DELAY_POST)
    page.goto(link)
    web_view.checkout()
    before = read_link_use(tmp_path, link)
    page.evaluate("history.back()")
    page.wait_for_url(link, wait_until="commit")
    assert page.evaluate("window.cameFromCache") is True
    page.wait_for_timeout(300)
    assert read_link_use(tmp_path, link) == before
    web_view.tap(CONTINUE)
    assert web_view.checkout().lines == {"ITEM-02": 1}

"""Back to a page that the browser has kept alive: in its back-forward cache.

Playwright switches that cache off, and Chromium keeps no page in it that says `no-store`. Other web
views do, so this one is made to.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Response
from playwright.sync_api import Browser, Playwright, Route

from tests.browser.conftest import ARGUMENTS, Serve
from tests.browser.ledger import openings
from tests.browser.web_view import WebView
from tests.conftest import MakeApp
from tests.running import require_program

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
    """Build apps whose pages may be kept."""

    def make(**settings: object) -> object:
        app = make_app(**settings)

        @app.after_request
        def _may_be_kept(response: Response) -> Response:
            response.headers["Cache-Control"] = "no-cache"
            return response

        return app

    return make  # type: ignore[return-value]


def late(route: Route) -> None:
    """Let the page's script run after the page has loaded."""
    script = route.fetch().text()
    wrapped = f"addEventListener('load', () => setTimeout(() => {{ {script} }}, 200));"
    route.fulfill(body=wrapped, content_type="text/javascript")


def test_the_page_neither_posts_again_by_itself_nor_stands_there_dead(
    serve: Serve, web_view: WebView, tmp_path: Path
) -> None:
    link = serve().link(("ITEM-02", 1))
    page = web_view.page
    page.add_init_script(REMEMBER)
    # What posts before the page has loaded leaves no place in the history to come back to.
    page.route("**/page.js", late)
    page.goto(link)
    web_view.checkout()
    before = openings(tmp_path, link)
    page.evaluate("history.back()")
    page.wait_for_url(link, wait_until="commit")
    assert page.evaluate("window.cameFromCache") is True
    page.wait_for_timeout(300)
    assert openings(tmp_path, link) == before
    web_view.tap(CONTINUE)
    assert web_view.checkout().lines == {"ITEM-02": 1}

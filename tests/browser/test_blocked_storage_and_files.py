"""A web view without cookies or storage, and pages whose script or styles do not load."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, Route

from tests.browser.conftest import ARGUMENTS, Serve
from tests.browser.ledger_queries import read_link_use
from tests.browser.web_view import WebView
from tests.running_servers import require_program

pytestmark = pytest.mark.processes

ENTRY_PAGE = "Taking you to checkout"
CONTINUE = "Continue to checkout"
NO_STORAGE = """
for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches", "cookieStore"]) {
  Object.defineProperty(window, name, {
    get() { throw new DOMException("Access is denied for this document.", "SecurityError"); },
  });
}
Object.defineProperty(document, "cookie", {
  get() { throw new DOMException("Access is denied for this document.", "SecurityError"); },
});
"""


def test_a_web_view_that_blocks_cookies_is_told_and_the_link_is_not_used(
    serve: Serve, web_view: WebView, playwright: Playwright, tmp_path: Path
) -> None:
    poq = serve()
    link = poq.request_link(("ITEM-02", 2))
    profile = tmp_path / "profile" / "Default"
    profile.mkdir(parents=True)
    block = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (profile / "Preferences").write_text(json.dumps(block))
    with playwright.chromium.launch_persistent_context(
        profile.parent,
        executable_path=require_program("chromium"),
        args=ARGUMENTS,
        has_touch=True,
    ) as context:
        blocking = WebView(context.new_page(), poq.shop.url)
        blocking.open(link)
        blocking.sees("Checkout needs cookies")
        blocking.tap("Try again")
        blocking.sees("Checkout needs cookies")
        assert context.cookies() == []
    assert read_link_use(tmp_path, link) == (False, None, 0)
    web_view.open(link)
    assert web_view.checkout().lines == {"ITEM-02": 2}


def test_try_again_reaches_checkout_at_once_after_cookies_were_allowed(
    serve: Serve, web_view: WebView
) -> None:
    poq = serve()
    link = poq.request_link(("ITEM-02", 2))
    address = f"{poq.url}/h/**"
    web_view.page.route(address, _answer_without_cookies)
    web_view.open(link)
    web_view.sees("Checkout needs cookies")
    web_view.page.unroute(address)
    web_view.tap("Try again")
    assert web_view.checkout().lines == {"ITEM-02": 2}


def _answer_without_cookies(route: Route) -> None:
    """Answer a request as the service does, but set no cookie, as if the browser refused it."""
    answer = route.fetch(max_redirects=0)
    route.request.frame.page.context.clear_cookies()  # fetch() has kept the cookies of the answer
    route.fulfill(
        status=answer.status,
        body=answer.body(),
        headers={name: text for name, text in answer.headers.items() if name != "set-cookie"},
    )


def test_a_web_view_that_loses_its_cookie_can_use_the_link_once(
    serve: Serve, without_scripts: WebView
) -> None:
    poq = serve()
    link = poq.request_link(("ITEM-02", 2))
    without_scripts.open(link)
    without_scripts.sees(ENTRY_PAGE)
    assert without_scripts.page.context.cookies(link)
    without_scripts.page.context.clear_cookies()
    without_scripts.tap(CONTINUE)
    without_scripts.sees("Checkout needs cookies")
    without_scripts.tap("Try again")
    without_scripts.sees(ENTRY_PAGE)
    without_scripts.tap(CONTINUE)
    assert without_scripts.checkout().lines == {"ITEM-02": 2}
    without_scripts.page.context.clear_cookies()
    without_scripts.open(link)
    without_scripts.sees("This link has already been used")


def test_the_page_works_where_scripts_may_store_nothing(serve: Serve, web_view: WebView) -> None:
    poq = serve()
    denied = f"if (location.origin === {poq.url!r}) {{ {NO_STORAGE} }}"
    web_view.page.context.add_init_script(denied)
    errors: list[str] = []
    web_view.page.on("pageerror", lambda error: errors.append(error.message))
    web_view.open(poq.request_link(("ITEM-03", 1)))
    assert web_view.checkout().lines == {"ITEM-03": 1}
    web_view.page.goto(f"{poq.url}/h/nothing")
    with pytest.raises(Exception, match="Access is denied"):
        web_view.page.evaluate("localStorage.length")
    assert errors == []


@pytest.mark.parametrize("has_scripts", [True, False])
def test_the_page_works_without_its_styles(
    has_scripts: bool, serve: Serve, web_view: WebView, without_scripts: WebView
) -> None:
    shown, poq = web_view if has_scripts else without_scripts, serve()
    failed: list[str] = []
    shown.page.on("requestfailed", lambda request: failed.append(request.url))
    shown.page.route(f"{poq.url}/**/*.css", lambda route: route.abort())
    shown.open(poq.request_link(("ITEM-04", 1)))
    if not has_scripts:
        shown.sees(ENTRY_PAGE)
        shown.tap(CONTINUE)
    assert shown.checkout().lines == {"ITEM-04": 1}
    assert failed


def test_the_page_does_not_wait_for_its_styles(serve: Serve, web_view: WebView) -> None:
    waiting: list[Route] = []
    poq = serve()
    web_view.page.route(f"{poq.url}/**/*.css", lambda route: waiting.append(route))
    web_view.open(poq.request_link(("ITEM-06", 1)))
    assert web_view.checkout().lines == {"ITEM-06": 1}
    assert waiting

"""Reload, Back and double taps in one web view, with and without JavaScript."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewWebView, VisitOtherWebsite
from tests.browser.ledger_queries import count_used_links, read_link_use
from tests.browser.poq_cloud import Poq
from tests.browser.web_view import WebView
from tests.running_servers import RunningShop

pytestmark = pytest.mark.processes

CONTINUE = "Continue to checkout"
QUESTION = "Go to checkout at 127.0.0.1?"
ENTRY_PAGE = "Taking you to checkout"
HOLD_POST = """
const submit = HTMLFormElement.prototype.submit;
HTMLFormElement.prototype.submit = function () { window.post = () => submit.call(this); };
"""
RENDER_IN_ADVANCE = """
Object.defineProperty(document, "prerendering", { get: () => !window.isOpened });
"""


def test_without_scripts_the_button_leads_to_checkout(
    poq: Poq, without_scripts: WebView, folder: Path
) -> None:
    before = count_used_links(folder)
    without_scripts.open(poq.request_link(("ITEM-04", 3)))
    without_scripts.sees(ENTRY_PAGE)
    assert count_used_links(folder) == before
    without_scripts.tap(CONTINUE)
    assert without_scripts.checkout().lines == {"ITEM-04": 3}
    assert count_used_links(folder) == before + 1


def test_the_entry_page_has_a_heading_for_screen_readers(
    poq: Poq, without_scripts: WebView
) -> None:
    without_scripts.open(poq.request_link())
    expect(without_scripts.page.get_by_role("heading", name=ENTRY_PAGE)).to_be_visible()


def test_a_reloaded_page_still_has_its_button(poq: Poq, without_scripts: WebView) -> None:
    without_scripts.open(poq.request_link())
    for _ in range(2):
        without_scripts.sees(ENTRY_PAGE)
        without_scripts.page.reload()
    without_scripts.sees(ENTRY_PAGE)
    without_scripts.tap(CONTINUE)
    assert without_scripts.checkout().lines == {"ITEM-01": 1}


def test_opening_the_link_again_ends_in_the_same_checkout(poq: Poq, web_view: WebView) -> None:
    link = poq.request_link(("ITEM-05", 1))
    for _ in range(2):
        web_view.open(link)
        assert web_view.checkout().lines == {"ITEM-05": 1}
        assert len(web_view.session_cookies()) == 1


def test_a_double_tap_ends_in_checkout(poq: Poq, without_scripts: WebView) -> None:
    without_scripts.open(poq.request_link(("ITEM-06", 2)))
    without_scripts.page.get_by_role("button", name=CONTINUE).dblclick()
    assert without_scripts.checkout().lines == {"ITEM-06": 2}


def test_back_from_checkout_shows_the_entry_page_and_its_button_works_again(
    poq: Poq, without_scripts: WebView
) -> None:
    without_scripts.open(poq.request_link(("ITEM-07", 1)))
    without_scripts.tap(CONTINUE)
    without_scripts.checkout()
    without_scripts.page.go_back()
    without_scripts.sees(ENTRY_PAGE)
    without_scripts.tap(CONTINUE)
    assert without_scripts.checkout().lines == {"ITEM-07": 1}


def test_back_from_checkout_does_not_post_the_entry_page_again(
    poq: Poq, web_view: WebView, shop: RunningShop
) -> None:
    web_view.page.goto(f"{shop.url}/")
    web_view.open(poq.request_link(("ITEM-08", 1)))
    web_view.checkout()
    web_view.page.go_back()
    web_view.page.wait_for_timeout(500)
    assert web_view.page.url == f"{shop.url}/"


def test_the_app_may_open_the_same_link_in_two_views_at_once(
    poq: Poq, new_web_view: NewWebView, folder: Path
) -> None:
    # One phone with two views. The form of each waits until both have their page.
    first = new_web_view()
    second = WebView(first.page.context.new_page(), first.shop)
    first.page.context.add_init_script(HOLD_POST)
    link = poq.request_link(("ITEM-09", 2))
    for web_view in (first, second):
        web_view.open(link)
    for web_view in (first, second):
        web_view.sees(ENTRY_PAGE)
    for web_view in (first, second):
        web_view.page.evaluate("window.post()")
    for web_view in (first, second):
        assert web_view.checkout().lines == {"ITEM-09": 2}
    assert len(first.session_cookies()) == 1
    assert read_link_use(folder, link)[0]


def test_a_page_that_is_rendered_in_advance_posts_once_it_is_opened(
    poq: Poq, web_view: WebView, folder: Path
) -> None:
    link = poq.request_link(("ITEM-11", 1))
    web_view.page.add_init_script(RENDER_IN_ADVANCE)
    web_view.open(link)
    web_view.sees(ENTRY_PAGE)
    web_view.page.wait_for_load_state("networkidle")
    assert not read_link_use(folder, link)[0]
    web_view.page.evaluate(
        "window.isOpened = true; document.dispatchEvent(new Event('prerenderingchange'))"
    )
    assert web_view.checkout().lines == {"ITEM-11": 1}


def test_back_and_forward_do_not_post_the_page_that_asks_first(
    poq: Poq, web_view: WebView, visit_other_website: VisitOtherWebsite, folder: Path
) -> None:
    link = poq.request_link(("ITEM-10", 1))
    visit_other_website(f'<a href="{link}">A bargain</a>')
    web_view.tap("A bargain")
    web_view.sees(QUESTION)
    web_view.tap(CONTINUE)
    web_view.checkout()
    before = read_link_use(folder, link)
    for _ in range(2):
        web_view.page.go_back()
        web_view.sees(QUESTION)
        web_view.page.wait_for_timeout(300)
        web_view.sees(QUESTION)
        assert read_link_use(folder, link) == before
        web_view.page.go_forward()
        assert web_view.checkout().lines == {"ITEM-10": 1}
    web_view.page.go_back()
    web_view.tap(CONTINUE)
    assert web_view.checkout().lines == {"ITEM-10": 1}

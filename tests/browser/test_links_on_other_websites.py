"""Links on other websites: they can show the page that asks first, and nothing more."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import VisitOtherWebsite
from tests.browser.ledger_queries import count_used_links
from tests.browser.poq_cloud import Poq
from tests.browser.web_view import WebView

pytestmark = pytest.mark.processes

QUESTION = "Go to checkout at 127.0.0.1?"
CONTINUE = "Continue to checkout"


def test_a_link_on_another_website_asks_first_and_a_tap_uses_it(
    poq: Poq, web_view: WebView, visit_other_website: VisitOtherWebsite, folder: Path
) -> None:
    before = count_used_links(folder)
    visit_other_website(f'<a href="{poq.request_link(("ITEM-09", 2))}">A bargain</a>')
    web_view.tap("A bargain")
    web_view.sees(QUESTION)
    web_view.page.wait_for_timeout(300)
    assert count_used_links(folder) == before
    web_view.tap(CONTINUE)
    assert web_view.checkout().lines == {"ITEM-09": 2}


def test_the_question_says_that_a_customers_link_signs_in(
    poq: Poq, web_view: WebView, visit_other_website: VisitOtherWebsite
) -> None:
    link = poq.transfer_customer_quote(("ITEM-10", 1))["url"]
    visit_other_website(f"<script>location.href = {link!r}</script>")
    web_view.sees(QUESTION)
    expect(web_view.page.locator("main")).to_contain_text("It signs you in")


def test_reloading_the_question_does_not_use_the_link(
    poq: Poq, web_view: WebView, visit_other_website: VisitOtherWebsite, folder: Path
) -> None:
    before = count_used_links(folder)
    visit_other_website(f'<a href="{poq.request_link()}">A bargain</a>')
    web_view.tap("A bargain")
    web_view.sees(QUESTION)
    web_view.page.reload()
    web_view.page.wait_for_timeout(300)
    web_view.sees(QUESTION)
    assert count_used_links(folder) == before


@pytest.mark.parametrize("referrer", ["origin", "no-referrer"])  # the latter sends Origin: null
def test_a_link_posted_by_another_website_asks_first(
    referrer: str,
    poq: Poq,
    web_view: WebView,
    visit_other_website: VisitOtherWebsite,
    folder: Path,
) -> None:
    before, link = count_used_links(folder), poq.request_link(("ITEM-11", 1))
    form = f'<meta name="referrer" content="{referrer}"><form method="post" action="{link}"></form>'
    visit_other_website(f"{form}<script>document.forms[0].submit()</script>")
    web_view.sees(QUESTION)
    assert count_used_links(folder) == before
    assert web_view.session_cookies() == []
    web_view.tap(CONTINUE)
    assert web_view.checkout().lines == {"ITEM-11": 1}


def test_a_form_token_posted_by_another_website_asks_first(
    poq: Poq, web_view: WebView, visit_other_website: VisitOtherWebsite, folder: Path
) -> None:
    before, link = count_used_links(folder), poq.request_link()
    address, _, token = link.rpartition("/")
    form = f'<form method="post" action="{address}"><input name="token" value="{token}"></form>'
    visit_other_website(f"{form}<script>document.forms[0].submit()</script>")
    web_view.sees(QUESTION)
    assert count_used_links(folder) == before


def test_other_websites_cannot_frame_the_page(
    poq: Poq, web_view: WebView, visit_other_website: VisitOtherWebsite, folder: Path
) -> None:
    before = count_used_links(folder)
    visit_other_website(f'<iframe src="{poq.request_link()}"></iframe>')
    web_view.page.wait_for_load_state()
    (frame,) = web_view.page.main_frame.child_frames
    assert frame.get_by_role("heading").count() == 0
    assert frame.url.startswith("chrome-error:")
    assert count_used_links(folder) == before

"""What another website can do to a shopper with a link: show the page, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import VisitElsewhere
from tests.browser.ledger import spent_links
from tests.browser.poq import Poq
from tests.browser.web_view import WebView

ASKING = "Go to checkout at 127.0.0.1?"
CONTINUE = "Continue to checkout"


def test_a_link_on_another_site_gets_the_page_that_asks_and_the_tap_works(
    poq: Poq, web_view: WebView, visit_elsewhere: VisitElsewhere, folder: Path
) -> None:
    before = spent_links(folder)
    visit_elsewhere(f'<a href="{poq.link(("ITEM-09", 2))}">A bargain</a>')
    web_view.tap("A bargain")
    web_view.sees(ASKING)
    web_view.page.wait_for_timeout(300)
    assert spent_links(folder) == before
    web_view.tap(CONTINUE)
    assert web_view.checkout().lines == {"ITEM-09": 2}


def test_a_customers_link_says_on_that_page_that_it_signs_in(
    poq: Poq, web_view: WebView, visit_elsewhere: VisitElsewhere
) -> None:
    link = poq.customer_quote(("ITEM-10", 1))["url"]
    visit_elsewhere(f"<script>location.href = {link!r}</script>")
    web_view.sees(ASKING)
    expect(web_view.page.locator("main")).to_contain_text("It signs you in")


def test_reloading_that_page_pushes_nobody_in(
    poq: Poq, web_view: WebView, visit_elsewhere: VisitElsewhere, folder: Path
) -> None:
    before = spent_links(folder)
    visit_elsewhere(f'<a href="{poq.link()}">A bargain</a>')
    web_view.tap("A bargain")
    web_view.sees(ASKING)
    web_view.page.reload()
    web_view.page.wait_for_timeout(300)
    web_view.sees(ASKING)
    assert spent_links(folder) == before


@pytest.mark.parametrize("referrer", ["origin", "no-referrer"])  # the latter sends Origin: null
def test_a_form_that_another_site_posts_spends_nothing_and_the_tap_works(
    referrer: str,
    poq: Poq,
    web_view: WebView,
    visit_elsewhere: VisitElsewhere,
    folder: Path,
) -> None:
    before, link = spent_links(folder), poq.link(("ITEM-11", 1))
    form = f'<meta name="referrer" content="{referrer}"><form method="post" action="{link}"></form>'
    visit_elsewhere(f"{form}<script>document.forms[0].submit()</script>")
    web_view.sees(ASKING)
    assert spent_links(folder) == before
    assert web_view.session_cookies() == []
    web_view.tap(CONTINUE)
    assert web_view.checkout().lines == {"ITEM-11": 1}


def test_a_token_that_another_site_posts_in_a_form_spends_nothing(
    poq: Poq, web_view: WebView, visit_elsewhere: VisitElsewhere, folder: Path
) -> None:
    before, link = spent_links(folder), poq.link()
    address, _, token = link.rpartition("/")
    form = f'<form method="post" action="{address}"><input name="token" value="{token}"></form>'
    visit_elsewhere(f"{form}<script>document.forms[0].submit()</script>")
    web_view.sees(ASKING)
    assert spent_links(folder) == before


def test_no_other_site_can_frame_the_page(
    poq: Poq, web_view: WebView, visit_elsewhere: VisitElsewhere, folder: Path
) -> None:
    before = spent_links(folder)
    visit_elsewhere(f'<iframe src="{poq.link()}"></iframe>')
    web_view.page.wait_for_load_state()
    (frame,) = web_view.page.main_frame.child_frames
    assert frame.get_by_role("heading").count() == 0
    assert frame.url.startswith("chrome-error:")
    assert spent_links(folder) == before

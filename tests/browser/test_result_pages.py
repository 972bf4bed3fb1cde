"""Result pages for links, as a phone shows them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewWebView
from tests.browser.ledger_queries import expire_all_links
from tests.browser.poq_cloud import Poq
from tests.browser.web_view import WebView
from tests.running_servers import RunningShop

pytestmark = pytest.mark.processes


@pytest.fixture
def removed_sessions(shop: RunningShop) -> Iterator[Path]:
    """Rename the folder of the shop's sessions, and return its new path."""
    away = shop.sessions.with_name("away")
    shop.sessions.rename(away)
    yield away
    if away.exists():
        away.rename(shop.sessions)


def test_an_expired_link_shows_its_page(poq: Poq, web_view: WebView, folder: Path) -> None:
    link = poq.request_link()
    expire_all_links(folder)
    answer = web_view.open(link)
    web_view.sees("This link has expired")
    assert answer is not None
    assert answer.status == 410


def test_an_altered_link_shows_its_page(poq: Poq, web_view: WebView) -> None:
    answer = web_view.open(f"{poq.request_link()}x")
    web_view.sees("This link does not work")
    assert answer is not None
    assert answer.status == 404


def test_a_superseded_link_says_that_there_is_a_newer_one(
    poq: Poq, shop: RunningShop, web_view: WebView
) -> None:
    older = poq.transfer_customer_quote(("ITEM-01", 1))
    poq.transfer_customer_quote(("ITEM-01", 2))
    web_view.follow(older)
    web_view.sees("There is a newer link")


def test_a_second_web_view_is_told_that_the_link_was_used(
    poq: Poq, new_web_view: NewWebView
) -> None:
    link = poq.request_link()
    first, second = new_web_view(), new_web_view()
    first.open(link)
    first.checkout()
    answer = second.open(link)
    second.sees("This link has already been used")
    assert answer is not None
    assert answer.status == 410
    assert second.session_cookies() == []


def test_try_again_works_when_the_session_store_is_back(
    poq: Poq, web_view: WebView, shop: RunningShop, removed_sessions: Path
) -> None:
    web_view.open(poq.request_link(("ITEM-03", 2)))
    web_view.sees("The shop cannot be reached right now")
    web_view.tap("Try again")
    expect(web_view.page.get_by_role("button", name="Try again")).to_be_visible()
    web_view.sees("The shop cannot be reached right now")
    assert web_view.session_cookies() == []
    removed_sessions.rename(shop.sessions)
    web_view.tap("Try again")
    assert web_view.checkout().lines == {"ITEM-03": 2}

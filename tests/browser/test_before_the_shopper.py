"""Who opens a link before its shopper does: previews, prefetchers, scanners, another phone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import requests
from playwright.sync_api import expect

from tests.browser.conftest import NewWebView
from tests.browser.ledger import openings
from tests.browser.poq import Poq
from tests.browser.web_view import WebView

UNSPENT = (False, None, 0)


def look(link: str, **headers: str) -> None:
    """Look at the page as a program does that keeps no cookies and runs no scripts."""
    answer = requests.get(link, headers=headers, timeout=10)
    assert answer.status_code == 200
    assert "Taking you to checkout" in answer.text


def test_after_previews_a_prefetch_and_a_link_expander_the_shopper_gets_in(
    poq: Poq, web_view: WebView, folder: Path
) -> None:
    link = poq.link(("ITEM-02", 2))
    for _ in range(3):
        look(link, **{"User-Agent": "facebookexternalhit/1.1"})
    assert requests.head(link, timeout=10).status_code == 200
    look(link, **{"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch"})
    assert openings(folder, link) == UNSPENT
    web_view.open(link)
    assert web_view.checkout().lines == {"ITEM-02": 2}


def test_a_page_of_the_shop_that_prefetches_the_link_spends_nothing(
    poq: Poq, web_view: WebView, folder: Path
) -> None:
    link = poq.link(("ITEM-02", 1))
    web_view.page.goto(f"{poq.url}/h/nothing")
    with web_view.page.expect_response(link):
        web_view.page.evaluate(
            "href => document.head.append("
            "Object.assign(document.createElement('link'), {rel: 'prefetch', href}))",
            link,
        )
    assert openings(folder, link) == UNSPENT
    web_view.open(link)
    assert web_view.checkout().lines == {"ITEM-02": 1}


def test_after_a_scanner_that_runs_scripts_the_shopper_is_told_and_a_new_link_works(
    poq: Poq, new_web_view: NewWebView, folder: Path
) -> None:
    masked_id = poq.shop.guest_quote(("ITEM-03", 2))
    link = poq.transfer(quote_id=masked_id)["url"]
    scanner, shopper = new_web_view(), new_web_view()
    scanner.open(link)
    scanner.checkout()
    cookies = scanner.page.context.cookies(f"{poq.url}/h/x")
    (opener,) = [one["value"] for one in cookies if one["name"].startswith("handoff_")]
    web_view_hash = hashlib.sha256(opener.encode()).hexdigest()
    assert openings(folder, link) == (True, web_view_hash, 0)

    shopper.open(link)
    shopper.sees("This link has already been used")
    expect(shopper.page.locator("main")).to_contain_text(
        "If not, go back to the app and tap Checkout again."
    )
    assert openings(folder, link) == (True, web_view_hash, 0)

    another = poq.transfer(quote_id=masked_id)["url"]
    assert another != link
    shopper.open(another)
    assert shopper.checkout().lines == {"ITEM-03": 2}


def test_a_second_phone_that_taps_within_the_grace_is_refused_too(
    poq: Poq, new_web_view: NewWebView, folder: Path
) -> None:
    link = poq.link(("ITEM-04", 1))
    first, second = new_web_view(), new_web_view(java_script_enabled=False)
    second.open(link)
    second.sees("Taking you to checkout")
    first.open(link)
    first.checkout()
    before = openings(folder, link)
    second.tap("Continue to checkout")
    second.sees("This link has already been used")
    assert second.session_cookies() == []
    assert openings(folder, link) == before
    first.open(link)
    assert first.checkout().lines == {"ITEM-04": 1}

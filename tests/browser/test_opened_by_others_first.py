"""Links that others open before the shopper: previews, prefetches, scanners, another phone."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
import requests
from playwright.sync_api import expect

from tests.browser.conftest import NewWebView, Serve
from tests.browser.ledger_queries import read_link_use
from tests.browser.poq_cloud import Poq
from tests.browser.web_view import WebView

pytestmark = pytest.mark.processes

UNUSED = (False, None, 0)


def open_without_cookies(link: str, **headers: str) -> None:
    """Get the page as a program without cookies and scripts does."""
    answer = requests.get(link, headers=headers, timeout=10)
    assert answer.status_code == 200
    assert "Taking you to checkout" in answer.text


def test_previews_and_prefetches_do_not_use_the_link(
    poq: Poq, web_view: WebView, folder: Path
) -> None:
    link = poq.request_link(("ITEM-02", 2))
    for _ in range(3):
        open_without_cookies(link, **{"User-Agent": "facebookexternalhit/1.1"})
    assert requests.head(link, timeout=10).status_code == 200
    open_without_cookies(link, **{"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch"})
    assert read_link_use(folder, link) == UNUSED
    web_view.open(link)
    assert web_view.checkout().lines == {"ITEM-02": 2}


def test_a_prefetch_by_a_page_of_the_shop_does_not_use_the_link(
    poq: Poq, web_view: WebView, folder: Path
) -> None:
    link = poq.request_link(("ITEM-02", 1))
    web_view.page.goto(f"{poq.url}/h/nothing")
    with web_view.page.expect_response(link):
        web_view.page.evaluate(
            "href => document.head.append("
            "Object.assign(document.createElement('link'), {rel: 'prefetch', href}))",
            link,
        )
    assert read_link_use(folder, link) == UNUSED
    web_view.open(link)
    assert web_view.checkout().lines == {"ITEM-02": 1}


def test_after_a_scanner_used_the_link_a_new_link_works(
    poq: Poq, new_web_view: NewWebView, folder: Path
) -> None:
    masked_id = poq.shop.create_guest_quote(("ITEM-03", 2))
    link = poq.transfer(quote_id=masked_id)["url"]
    scanner, shopper = new_web_view(), new_web_view()
    scanner.open(link)
    scanner.checkout()
    cookies = scanner.page.context.cookies(f"{poq.url}/h/x")
    name = re.compile("handoff_[0-9a-f]{12}_[0-9a-f]{6}")
    (value,) = [c["value"] for c in cookies if name.fullmatch(c["name"])]
    web_view_hash = hashlib.sha256(value.encode()).hexdigest()
    assert read_link_use(folder, link) == (True, web_view_hash, 0)

    shopper.open(link)
    shopper.sees("This link has already been used")
    expect(shopper.page.locator("main")).to_contain_text(
        "If not, go back to the app and tap Checkout again."
    )
    assert read_link_use(folder, link) == (True, web_view_hash, 0)

    another = poq.transfer(quote_id=masked_id)["url"]
    assert another != link
    shopper.open(another)
    assert shopper.checkout().lines == {"ITEM-03": 2}


def test_a_scanner_with_scripts_does_not_use_the_link_if_a_tap_is_required(
    serve: Serve, new_web_view: NewWebView, tmp_path: Path
) -> None:
    poq = serve(tap_outside_app=True)
    instruction = poq.transfer(quote_id=poq.shop.create_guest_quote(("ITEM-03", 2)))
    scanner, shopper = new_web_view(), new_web_view()
    scanner.open(instruction["url"])
    scanner.sees("Go to checkout at 127.0.0.1?")
    scanner.page.wait_for_load_state("networkidle")
    assert read_link_use(tmp_path, instruction["url"]) == UNUSED
    shopper.follow(instruction)
    assert shopper.checkout().lines == {"ITEM-03": 2}


def test_a_second_phone_is_refused_within_the_reopen_grace(
    poq: Poq, new_web_view: NewWebView, folder: Path
) -> None:
    link = poq.request_link(("ITEM-04", 1))
    first, second = new_web_view(), new_web_view(java_script_enabled=False)
    second.open(link)
    second.sees("Taking you to checkout")
    first.open(link)
    first.checkout()
    before = read_link_use(folder, link)
    second.tap("Continue to checkout")
    second.sees("This link has already been used")
    assert second.session_cookies() == []
    assert read_link_use(folder, link) == before
    first.open(link)
    assert first.checkout().lines == {"ITEM-04": 1}

"""The link and the entry page after the order has been placed."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewWebView, Serve
from tests.browser.page_scenarios import SETTINGS
from tests.browser.web_view import WebView

pytestmark = pytest.mark.processes

# Without access to orders, the page has to cover both cases.
ORDERED = ("Your order has been placed", "There is nothing more to do.")
USED = (
    "This link has already been used",
    "If you have placed your order, the shop has received it",
)
ACCESS = {name: value for name, value in SETTINGS.items() if name.startswith("magento_admin")}

KINDS = ["bag", "customer_quote"]


def assert_page(web_view: WebView, words: tuple[str, str]) -> None:
    title, sentence = words
    web_view.sees(title)
    expect(web_view.page.locator("main")).to_contain_text(sentence)


@pytest.mark.parametrize("kind", KINDS)
def test_the_link_says_that_the_order_has_been_placed(
    kind: str, serve: Serve, new_web_view: NewWebView
) -> None:
    instruction = getattr(serve(**ACCESS), f"transfer_{kind}")(("ITEM-02", 1))
    buyer, another = new_web_view(), new_web_view()
    buyer.follow(instruction)
    buyer.checkout()
    number = buyer.buy()
    for web_view in (buyer, another):
        web_view.follow(instruction)
        assert_page(web_view, ORDERED)
        assert (number in web_view.page.content()) is (web_view is buyer)


def test_the_form_style_link_says_that_the_order_has_been_placed(
    serve: Serve, web_view: WebView
) -> None:
    instruction = serve(**ACCESS, instruction="form").transfer_bag(("ITEM-02", 1))
    web_view.follow(instruction)
    web_view.checkout()
    web_view.buy()
    web_view.follow(instruction)
    assert_page(web_view, ORDERED)


def test_the_entry_page_in_the_history_says_so_after_a_tap(
    serve: Serve, without_scripts: WebView
) -> None:
    without_scripts.open(serve(**ACCESS).request_link(("ITEM-02", 1)))
    without_scripts.tap("Continue to checkout")
    without_scripts.checkout()
    without_scripts.buy()
    for _ in range(3):  # past success and checkout
        without_scripts.page.go_back()
        if "/h/" in without_scripts.page.url:
            break
    without_scripts.sees("Taking you to checkout")
    without_scripts.tap("Continue to checkout")
    assert_page(without_scripts, ORDERED)


def test_without_access_to_orders_the_text_covers_both_cases(
    serve: Serve, new_web_view: NewWebView
) -> None:
    link = serve().request_link(("ITEM-02", 1))
    buyer, another = new_web_view(), new_web_view()
    buyer.open(link)
    buyer.checkout()
    buyer.buy()
    another.open(link)
    assert_page(another, USED)

"""A web view that another shopper used before: checkout shows nothing of theirs."""

from __future__ import annotations

import json
from urllib.parse import unquote

import pytest
from playwright.sync_api import expect

from tests.browser.poq_cloud import Poq
from tests.browser.web_view import WebView

pytestmark = pytest.mark.processes

TYPED = {"firstname": "Olda", "street": "99 Old Street", "city": "Oldtown", "telephone": "0999"}
TYPED_EMAIL = "olda@example.com"


def leave_cart_and_checkout(web_view: WebView) -> None:
    """Add a product on the website and leave checkout half filled in."""
    web_view.add("ITEM-19")
    web_view.page.goto(f"{web_view.shop}/checkout/")
    web_view.checkout()
    web_view.fill_in(TYPED, TYPED_EMAIL)


def shows_nothing_of_previous_shopper(web_view: WebView) -> bool:
    """Return whether page, form fields and local storage hold nothing of the previous shopper."""
    checkout = web_view.checkout()
    kept = str(web_view.page.evaluate("JSON.stringify(localStorage)"))
    seen = f"{checkout.fields} {kept} {web_view.page.content()}"
    return not [text for text in (*TYPED.values(), TYPED_EMAIL, "ITEM-19") if text in seen]


def expect_cart_count(web_view: WebView, count: int) -> None:
    """Wait until the mini-cart shows a number of items, here and on the shop's other pages."""
    expect(web_view.page.locator(".count")).to_have_text(str(count))
    web_view.page.goto(f"{web_view.shop}/")
    expect(web_view.page.locator(".count")).to_have_text(str(count))


def expect_signed_in_as(web_view: WebView, name: str) -> None:
    """Wait until the shop's pages greet a customer by name, or offer to sign in."""
    expect(web_view.page.locator("[data-bind=customer]")).to_have_text(name)


@pytest.mark.parametrize("email", [None, "shopper@example.com"], ids=["guest", "customer"])
def test_a_guest_gets_their_own_checkout_after(
    email: str | None, poq: Poq, web_view: WebView
) -> None:
    if email:
        web_view.log_in(email)
    leave_cart_and_checkout(web_view)
    former = web_view.session_cookies()
    web_view.follow(poq.transfer_bag(("ITEM-02", 2), ("ITEM-03", 1)))
    assert web_view.checkout().lines == {"ITEM-02": 2, "ITEM-03": 1}
    assert set(web_view.checkout().fields.values()) == {""}
    assert shows_nothing_of_previous_shopper(web_view)
    assert len(web_view.session_cookies()) == 1
    assert web_view.session_cookies() != former
    expect_cart_count(web_view, 3)
    expect_signed_in_as(web_view, "Sign in")


@pytest.mark.parametrize("email", [None, "shopper@example.com"], ids=["guest", "customer"])
def test_a_customer_gets_their_own_checkout_after(
    email: str | None, poq: Poq, web_view: WebView
) -> None:
    if email:
        web_view.log_in(email)
    leave_cart_and_checkout(web_view)
    web_view.follow(poq.transfer_customer_quote(("ITEM-04", 2), email="other@example.com"))
    checkout = web_view.checkout()
    assert checkout.lines == {"ITEM-04": 2}
    assert shows_nothing_of_previous_shopper(web_view)
    expect(web_view.page.locator(".email")).to_contain_text("other@example.com")
    assert {name for name, value in checkout.fields.items() if value} == {"firstname", "lastname"}
    expect_cart_count(web_view, 2)
    expect_signed_in_as(web_view, checkout.fields["firstname"])


def test_the_previous_shoppers_cart_stays_as_it_was(poq: Poq, web_view: WebView) -> None:
    web_view.log_in("shopper@example.com")
    web_view.add("ITEM-19")
    web_view.follow(poq.transfer_bag(("ITEM-02", 1)))
    web_view.checkout()
    web_view.buy()
    web_view.log_in("shopper@example.com")
    web_view.page.goto(f"{web_view.shop}/checkout/")
    assert "ITEM-19" in web_view.checkout().lines


def test_the_mini_cart_counts_the_bag_in_a_new_web_view(poq: Poq, web_view: WebView) -> None:
    web_view.follow(poq.transfer_bag(("ITEM-02", 2), ("ITEM-03", 1)))
    web_view.checkout()
    expect_cart_count(web_view, 3)


def test_the_shops_pages_greet_the_customer_in_a_new_web_view(poq: Poq, web_view: WebView) -> None:
    web_view.follow(poq.transfer_customer_quote(("ITEM-04", 2), email="other@example.com"))
    firstname = web_view.checkout().fields["firstname"]
    web_view.page.goto(f"{web_view.shop}/")
    expect_signed_in_as(web_view, firstname)


def test_the_shops_scripts_load_the_sections_that_checkout_shows(
    poq: Poq, web_view: WebView
) -> None:
    # Without "directory-data" the real checkout leaves the country out of every address.
    web_view.follow(poq.transfer_bag(("ITEM-02", 1)))
    web_view.checkout()
    cookies = web_view.page.context.cookies(web_view.shop)
    (ids,) = [cookie["value"] for cookie in cookies if cookie["name"] == "section_data_ids"]
    assert {"cart", "customer", "directory-data"} <= set(json.loads(unquote(ids)))

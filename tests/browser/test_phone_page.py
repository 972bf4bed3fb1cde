"""The demo's phone in a browser: its scripts lead to checkout and through all that can go wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from handoff_sandbox.phone import create_phone
from playwright.sync_api import Browser, Page, expect

from tests.conftest import KEY
from tests.running import HOST, RunningService, RunningShop, free_port, serving


@pytest.fixture
def phone(browser: Browser, shared_service: RunningService, shop: RunningShop) -> Iterator[Page]:
    """Open the phone's page; fail the test for an error in its scripts."""
    url = shared_service.url
    app = create_phone(
        url,
        shop.url,
        KEY,
        form_service_url=url,
        link_ttl=300,
        logs=(shared_service.log,),
        sessions=shop.sessions,
    )
    port = free_port()
    errors: list[str] = []
    with serving(app, port), browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"http://{HOST}:{port}/")
        yield page
    assert errors == []


def open_checkout(phone: Page) -> Page:
    """Tap Checkout, and return the web view."""
    with phone.expect_popup() as popup:
        phone.click("[data-checkout]")
    popup.value.wait_for_url("**/checkout/")
    return popup.value


def test_a_tap_on_checkout_opens_checkout_and_shows_the_calls(phone: Page) -> None:
    web_view = open_checkout(phone)
    expect(web_view.locator(".lines [data-sku]")).to_have_count(2)
    expect(phone.locator(".log .note").last).to_contain_text("Checkout is open")
    expect(phone.locator(".log .call .took b")).to_have_text(["200", "200", "303"])


def test_each_button_shows_what_happened(phone: Page) -> None:
    open_checkout(phone)
    results = {
        "again": "Checkout is open.",
        "second": "This link has already been used",
        "preview": "Checkout is open.",
        "change": "There is a newer link.",
        "store": "The shop cannot be reached right now.",
        # This service has no administrator's login, so it cannot look for the order.
        "bought": "This link has already been used.",
    }
    for scenario, result in results.items():
        button = phone.locator(f'[data-scenario="{scenario}"]')
        button.click()
        expect(button.locator("[data-result]")).to_have_text(result, timeout=15_000)
        if scenario == "store":
            button.click()
            expect(button.locator("[data-result]")).to_contain_text("is back", timeout=15_000)

"""The demo's phone in a browser: its scripts lead to checkout and through all that can go wrong."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from handoff_sandbox.phone import create_phone
from playwright.sync_api import Browser, Page, Route, expect
from pydantic import SecretStr

from tests.browser.conftest import Serve
from tests.browser.web_view import WebView
from tests.conftest import KEY
from tests.running_servers import HOST, RunningService, RunningShop, free_port, serve_in_thread
from tests.webhooks.receiver_server import SECRET as WEBHOOK_SECRET

pytestmark = pytest.mark.processes


@pytest.fixture
def phone(browser: Browser, shared_service: RunningService, shop: RunningShop) -> Iterator[Page]:
    with open_phone(browser, shared_service.url, shared_service.log, shop, free_port()) as page:
        yield page


@contextmanager
def open_phone(
    browser: Browser, url: str, log: Path, shop: RunningShop, port: int
) -> Iterator[Page]:
    """Open the phone's page; fail the test for an error in its scripts."""
    app = create_phone(
        url,
        shop.url,
        KEY,
        form_service_url=url,
        link_ttl=300,
        logs=(log,),
        sessions=shop.sessions,
        webhook_secret=WEBHOOK_SECRET,
    )
    errors: list[str] = []
    with serve_in_thread(app, port), browser.new_context() as context:
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


def test_the_order_arrives_in_the_app(
    browser: Browser, serve: Serve, shop: RunningShop, tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "service.log"
    log.touch()
    service = serve(
        poq_assets_url=f"http://{HOST}:{port}/poq",
        magento_admin_username="admin",
        magento_admin_password=SecretStr("Admin123!"),
    )
    shop.state.head_includes = f'<script src="{service.url}/web-checkout.js" defer></script>'
    with open_phone(browser, service.url, log, shop, port) as phone:
        web_view = open_checkout(phone)
        expect(phone.locator(".log")).to_contain_text("Checkout shows a total of £")
        with web_view.expect_event("close"):
            WebView(web_view, shop.url).fill_in()
            web_view.get_by_role("button", name="Place Order").click()
        sheet = phone.locator(".sheet")
        expect(sheet).to_contain_text(re.compile(r"Order 0000000\d\d · reference demo-\w+ · £"))
        expect(phone.locator("[data-bag-count]")).to_have_text("Your bag is empty")
        expect(phone.locator(".progress .done")).to_have_count(6)


@pytest.mark.parametrize("seconds", [0, 1])
def test_the_app_closes_a_web_view_that_goes_back_to_it(phone: Page, seconds: float) -> None:
    def answer_late(route: Route) -> None:
        time.sleep(seconds)
        route.continue_()

    phone.context.route("**/opening", answer_late)
    web_view = open_checkout(phone)
    with web_view.expect_event("close"):
        web_view.evaluate("history.back()")


def test_each_button_shows_what_happened(phone: Page) -> None:
    open_checkout(phone)
    results = {
        "soldout": "is not available",
        "double": "Checkout is open.",
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
        expect(button.locator("[data-result]")).to_contain_text(result, timeout=15_000)
        if scenario == "store":
            button.click()
            expect(button.locator("[data-result]")).to_contain_text("is back", timeout=15_000)


def test_the_sheet_never_says_that_checkout_is_open_over_a_result_page(phone: Page) -> None:
    open_checkout(phone)
    title = phone.locator(".sheet .title")
    expect(title).to_have_text("Checkout is open")
    phone.click('[data-scenario="change"]')
    expect(title).to_have_text("Checkout is not open")
    expect(phone.locator(".sheet [data-text]")).to_contain_text("There is a newer link")


def test_waiting_for_an_expired_link_can_be_left(phone: Page) -> None:
    button = phone.locator('[data-scenario="late"]')
    button.click()
    expect(button.locator("[data-result]")).to_contain_text("s to go")
    phone.click("[data-close]")
    expect(phone.locator("[data-checkout]")).to_be_enabled()
    expect(phone.locator(".sheet")).to_be_hidden()
    expect(button.locator("[data-result]")).to_be_empty()


def test_the_shop_can_be_taken_down_and_brought_back(phone: Page) -> None:
    button = phone.locator('[data-scenario="shop"]')
    button.click()
    expect(phone.locator(".sheet .title")).to_have_text("That did not work", timeout=15_000)
    expect(phone.locator(".sheet")).not_to_contain_text("HANDOFF_")
    expect(button.locator("b")).to_have_text("Bring the shop back")
    button.click()
    expect(button.locator("b")).to_have_text("Take the shop down")
    open_checkout(phone)


def test_a_low_window_shows_everything_without_scrolling(phone: Page) -> None:
    phone.set_viewport_size({"width": 1280, "height": 600})
    assert phone.evaluate("document.documentElement.scrollHeight") <= 600
    for selector in ("h1", "[data-checkout]", '[data-scenario="bought"]', ".log"):
        box = phone.locator(selector).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 600

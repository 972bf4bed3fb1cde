"""Checkout in the app: Poq's script, totals, and the way back, against a stand-in for the app."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewWebView, Serve
from tests.browser.poq import Poq
from tests.browser.web_view import WebView
from tests.running import HOST, RunningShop
from tests.web_checkout.poq_assets import (
    SCRIPT,
    VERSION,
    PoqAssets,
    compute_integrity,
    running_poq_assets,
)

ANDROID = """
window.android = { postMessage: (text) => {
  if (JSON.parse(text).name !== "ping") return;
  const settings = JSON.stringify({ version: "%s", integrity: "%s" });
  setTimeout(() => window.poqWebCheckout.postMessage("bridgesettings", settings), 50);
} };
"""

Platform = str
InApp = Callable[..., "App"]


class App:
    """Poq's app: its web view, and the messages that have reached it from any page."""

    def __init__(self, web_view: WebView) -> None:
        self.web_view = web_view
        self.messages: list[list[Any]] = []
        web_view.page.context.expose_function("recordMessage", self._record)

    def _record(self, message: str) -> None:
        self.messages.append(json.loads(message))

    def get_payloads(self, name: str) -> list[Any]:
        """Return what the messages of one name carry."""
        return [[*message, None][1] for message in self.messages if message[0] == name]

    def wait_for(self, name: str, count: int = 1) -> list[Any]:
        """Wait until so many messages of one name have come, and return what they carry."""
        for _ in range(100):
            if len(self.get_payloads(name)) >= count:
                break
            self.web_view.page.wait_for_timeout(100)
        payloads = self.get_payloads(name)
        assert len(payloads) == count, self.messages
        return payloads


@pytest.fixture
def assets() -> Iterator[PoqAssets]:
    with running_poq_assets() as assets:
        yield assets


@pytest.fixture
def in_app(new_web_view: NewWebView) -> InApp:
    """Return a function that opens a web view in Poq's app on a platform."""

    def new(platform: Platform = "android", integrity: str | None = None) -> App:
        web_view = new_web_view()
        integrity = integrity or compute_integrity(SCRIPT)
        if platform == "android":
            web_view.page.context.add_init_script(ANDROID % (VERSION, integrity))
        else:
            values = {"platform": platform, "version": VERSION, "integrity": integrity}
            web_view.page.context.add_cookies(
                [
                    {"name": f"poq.webcheckout.{name}", "value": value, "url": f"http://{HOST}/"}
                    for name, value in values.items()
                ]
            )
        return App(web_view)

    return new


@pytest.fixture
def poq(serve: Serve, assets: PoqAssets, shop: RunningShop) -> Iterator[Poq]:
    """Run the service, and put its script into the shop's pages."""
    poq = serve(poq_assets_url=assets.url)
    shop.state.head_includes = f'<script src="{poq.url}/web-checkout.js" defer></script>'
    yield poq
    shop.state.head_includes = ""


@pytest.mark.parametrize("platform", ["android", "ios"])
def test_the_app_gets_the_totals_that_checkout_shows(
    platform: Platform, in_app: InApp, poq: Poq, assets: PoqAssets
) -> None:
    app = in_app(platform)
    app.web_view.open(poq.link(("ITEM-01", 2)))
    assert app.web_view.checkout().total == "£32.00"
    first, last = app.wait_for("order", 2)
    assert first == {"total": 22, "subTotal": 22, "discount": 0, "tax": 0, "currency": "GBP"}
    assert last == {**first, "total": 32, "delivery": 10}
    assert assets.paths == [f"web-checkout.{VERSION}.min.js"]


def test_a_shopper_of_the_website_notices_nothing(
    new_web_view: NewWebView, poq: Poq, shop: RunningShop
) -> None:
    web_view = new_web_view()
    requests: list[str] = []
    web_view.page.on("request", lambda request: requests.append(request.url))
    web_view.page.add_init_script(ANDROID % (VERSION, compute_integrity(SCRIPT)))
    web_view.add("ITEM-01")
    web_view.page.goto(f"{shop.url}/checkout/")
    web_view.buy()
    web_view.page.wait_for_timeout(300)
    assert {url for url in requests if url.startswith(poq.url)} == {f"{poq.url}/web-checkout.js"}
    assert not web_view.page.evaluate(
        "'PoqWebCheckout' in window || 'handoffWebCheckout' in window"
    )


def test_continue_shopping_closes_the_web_view(in_app: InApp, poq: Poq) -> None:
    app = in_app("ios")
    app.web_view.open(poq.link())
    app.web_view.checkout()
    app.web_view.buy()
    here = app.web_view.page.url
    app.web_view.tap("Continue Shopping")
    assert app.wait_for("closewebview") == [None]
    assert app.web_view.page.url == here


def test_back_to_the_app_closes_the_web_view_from_a_page_of_ours(in_app: InApp, poq: Poq) -> None:
    app = in_app("ios")
    app.web_view.open(f"{poq.url}/h/nothing")
    app.web_view.tap("Back to the app")
    app.wait_for("closewebview")
    assert app.get_payloads("error") == [{"errorMessage": "This link does not work"}]


@pytest.mark.parametrize("fault", ["wrong hash", "no such file", "no answer"])
def test_checkout_works_without_poqs_script(
    fault: str, in_app: InApp, serve: Serve, shop: RunningShop, assets: PoqAssets
) -> None:
    poq = serve(
        poq_assets_url="http://127.0.0.1:1" if fault == "no answer" else assets.url,
        app_return_url=f"{shop.url}/customer/account/login/",
    )
    assets.status = 404 if fault == "no such file" else 200
    shop.state.head_includes = f'<script src="{poq.url}/web-checkout.js" defer></script>'
    app = in_app("android", compute_integrity("another") if fault == "wrong hash" else None)
    app.web_view.page.context.route("https://assets.poq.io/**", lambda route: route.abort())
    app.web_view.open(poq.link())
    app.web_view.checkout()
    app.web_view.buy()
    app.web_view.tap("Continue Shopping")
    app.web_view.sees("Customer Login")
    assert app.messages == []


def test_a_script_of_the_shop_is_used_if_the_page_has_one(
    new_web_view: NewWebView, poq: Poq, assets: PoqAssets
) -> None:
    web_view = new_web_view()
    web_view.page.add_init_script(
        "window.sent = []; window.PoqWebCheckout = { send: (...args) => window.sent.push(args) };"
    )
    web_view.open(poq.link())
    web_view.checkout()
    web_view.page.wait_for_function("window.sent.length === 2")
    assert [name for name, _ in web_view.page.evaluate("window.sent")] == ["order", "order"]
    assert assets.paths == []


def test_a_web_view_of_another_app_gets_no_messages(
    new_web_view: NewWebView, poq: Poq, assets: PoqAssets
) -> None:
    web_view = new_web_view()
    web_view.open(poq.link())
    web_view.checkout()
    web_view.page.wait_for_timeout(500)
    assert web_view.page.evaluate("typeof window.PoqWebCheckout") == "undefined"
    web_view.buy()
    web_view.tap("Continue Shopping")
    web_view.page.wait_for_url(f"{web_view.shop}/")
    assert assets.paths == []


@pytest.mark.parametrize("platform", ["android", "website"])
def test_the_app_look_hides_the_ways_out_of_checkout_in_the_app_only(
    platform: Platform, in_app: InApp, serve: Serve, shop: RunningShop, assets: PoqAssets
) -> None:
    poq = serve(poq_assets_url=assets.url, app_style="true")
    shop.state.head_includes = f'<script src="{poq.url}/web-checkout.js" defer></script>'
    web_view = in_app(platform).web_view
    if platform == "website":
        web_view.add("ITEM-01")
        web_view.page.goto(f"{shop.url}/checkout/")
    else:
        web_view.open(poq.link())
    web_view.checkout()
    for _ in range(2):
        for part in ("body > header", "body > footer"):
            expect(web_view.page.locator(part)).to_be_visible(visible=platform == "website")
        if "success" not in web_view.page.url:
            web_view.buy()

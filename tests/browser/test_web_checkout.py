"""Checkout in the app: Poq's script, totals, and the way back, against a stand-in for the app."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import InApp, NewWebView, Serve
from tests.browser.poq_app import ANDROID
from tests.browser.poq_cloud import Poq
from tests.browser.test_accessibility import run_axe
from tests.running_servers import RunningShop
from tests.web_checkout.poq_assets import SCRIPT, VERSION, PoqAssets, compute_integrity

pytestmark = pytest.mark.processes


@pytest.fixture
def poq(serve: Serve, assets: PoqAssets, shop: RunningShop) -> Iterator[Poq]:
    """Run the service, and put its script into the shop's pages."""
    poq = serve(poq_assets_url=assets.url)
    shop.state.head_includes = f'<script src="{poq.url}/web-checkout.js" defer></script>'
    yield poq
    shop.state.head_includes = ""


@pytest.mark.parametrize("platform", ["android", "ios"])
def test_the_app_gets_the_totals_that_checkout_shows(
    platform: str, in_app: InApp, poq: Poq, assets: PoqAssets
) -> None:
    app = in_app(platform)
    app.web_view.open(poq.request_link(("ITEM-01", 2)))
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
    app.web_view.open(poq.request_link())
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
    app.web_view.open(poq.request_link())
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
    web_view.open(poq.request_link())
    web_view.checkout()
    web_view.page.wait_for_function("window.sent.length === 2")
    assert [name for name, _ in web_view.page.evaluate("window.sent")] == ["order", "order"]
    assert assets.paths == []


def test_a_web_view_of_another_app_gets_no_messages(
    new_web_view: NewWebView, poq: Poq, assets: PoqAssets
) -> None:
    web_view = new_web_view()
    web_view.open(poq.request_link())
    web_view.checkout()
    web_view.page.wait_for_timeout(500)
    assert web_view.page.evaluate("typeof window.PoqWebCheckout") == "undefined"
    web_view.buy()
    web_view.tap("Continue Shopping")
    web_view.page.wait_for_url(f"{web_view.shop}/")
    assert assets.paths == []


@pytest.mark.parametrize("platform", ["android", "website"])
def test_the_app_look_hides_the_ways_out_of_checkout_in_the_app_only(
    platform: str, in_app: InApp, serve: Serve, shop: RunningShop, assets: PoqAssets
) -> None:
    poq = serve(poq_assets_url=assets.url, app_style="true")
    shop.state.head_includes = f'<script src="{poq.url}/web-checkout.js" defer></script>'
    web_view = in_app(platform).web_view
    if platform == "website":
        web_view.add("ITEM-01")
        web_view.page.goto(f"{shop.url}/checkout/")
    else:
        web_view.open(poq.request_link())
    web_view.checkout()
    for _ in range(2):
        for part in ("body > header", "body > footer"):
            expect(web_view.page.locator(part)).to_be_visible(visible=platform == "website")
        assert run_axe(web_view.page) == {}
        if "success" not in web_view.page.url:
            web_view.buy()

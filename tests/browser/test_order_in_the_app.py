"""The app learns of an order once, whatever the shopper and the network do meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route
from pydantic import SecretStr

from tests.browser.conftest import InApp, Serve
from tests.browser.poq_app import PoqApp
from tests.browser.poq_cloud import Poq
from tests.conftest import FakeClock
from tests.running_servers import RunningShop
from tests.web_checkout.poq_assets import PoqAssets

pytestmark = pytest.mark.processes


@pytest.fixture
def poq(serve: Serve, assets: PoqAssets, shop: RunningShop) -> Iterator[Poq]:
    """Run a service that may read orders, and put its script into the shop's pages."""
    poq = serve(
        poq_assets_url=assets.url,
        magento_admin_username="admin",
        magento_admin_password=SecretStr("Admin123!"),
    )
    shop.state.head_includes = f'<script src="{poq.url}/web-checkout.js" defer></script>'
    yield poq
    shop.state.head_includes = ""


def buy(app: PoqApp, instruction: Any) -> str:
    """Open an instruction, buy what is in checkout, and return the order's number."""
    app.web_view.follow(instruction)
    app.web_view.checkout()
    return app.web_view.buy()


@pytest.mark.parametrize("platform", ["android", "ios"])
def test_a_guests_order_reaches_the_app_with_the_totals_of_checkout(
    platform: str, in_app: InApp, poq: Poq
) -> None:
    app = in_app(platform)
    app.web_view.follow(poq.transfer_bag(("ITEM-01", 2)))
    _, in_checkout = app.wait_for("order", 2)
    number = app.web_view.buy()
    [order] = app.wait_for_orders()
    assert {**order, **in_checkout} == order
    assert order["orderId"] == number
    assert (order["total"], order["subTotal"], order["delivery"]) == (32, 22, 10)
    assert len(order["reference"]) == 16


def test_a_customers_order_reaches_the_app(in_app: InApp, poq: Poq) -> None:
    app = in_app()
    number = buy(app, poq.transfer_customer_quote(("ITEM-02", 1)))
    [order] = app.wait_for_orders()
    assert (order["orderId"], order["total"]) == (number, 17)
    assert "reference" not in order


def test_reload_back_and_a_second_tab_tell_the_app_nothing_again(
    in_app: InApp, poq: Poq, shop: RunningShop
) -> None:
    app = in_app()
    page = app.web_view.page
    buy(app, poq.transfer_bag(("ITEM-01", 1)))
    app.wait_for_orders()
    page.reload()
    page.go_back()
    page.go_forward()
    with page.context.expect_page() as opened:
        page.evaluate("window.open(location.href)")
    second = opened.value
    second.wait_for_load_state()
    second.goto(f"{shop.url}/checkout/onepage/success/")
    page.wait_for_timeout(1500)
    app.wait_for_orders()


def test_two_tabs_with_the_success_page_tell_the_app_once(
    in_app: InApp, poq: Poq, shop: RunningShop
) -> None:
    app = in_app()
    page = app.web_view.page
    # Both pages are loaded before either can ask.
    waiting = hold_back(page.context, f"{poq.url}/web-checkout/orders", 2)
    number = buy(app, poq.transfer_bag(("ITEM-01", 1)))
    second = page.context.new_page()
    shop.state.head_includes, tag = "", shop.state.head_includes
    second.goto(f"{shop.url}/")
    second.evaluate("history.replaceState(null, '', '/checkout/onepage/success/')")
    second.add_script_tag(url=tag.split('"')[1])
    shop.state.head_includes = tag
    wait_until(page, lambda: len(waiting) == 2)
    for route in waiting:
        route.continue_()
    [order] = app.wait_for_orders()
    page.wait_for_timeout(1500)
    app.wait_for_orders()
    assert order["orderId"] == number


def test_a_page_without_a_connection_tells_the_app_when_it_has_one(in_app: InApp, poq: Poq) -> None:
    app = in_app()
    context, url = app.web_view.page.context, f"{poq.url}/web-checkout/orders"
    context.route(url, lambda route: route.abort("internetdisconnected"))
    number = buy(app, poq.transfer_bag(("ITEM-01", 1)))
    app.web_view.page.wait_for_timeout(1500)
    assert app.get_payloads("paymentcompleted") == []
    context.unroute(url)
    [order] = app.wait_for_orders()
    assert order["orderId"] == number


@pytest.mark.parametrize("way", ["retry", "reload"])
def test_an_answer_that_got_lost_is_asked_for_again(way: str, in_app: InApp, poq: Poq) -> None:
    app = in_app()
    page = app.web_view.page
    lost: list[Route] = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
            return
        route.fetch()  # the service has decided that this page tells the app
        lost.append(route)
        route.abort()

    page.context.route(f"{poq.url}/web-checkout/orders", lose)
    number = buy(app, poq.transfer_bag(("ITEM-01", 1)))
    wait_until(page, lambda: bool(lost))
    if way == "reload":  # the shop shows an empty cart then
        page.reload()
        app.web_view.sees("Shopping Cart")
    [order] = app.wait_for_orders()
    assert order["orderId"] == number


def test_two_orders_of_one_web_view_reach_the_app_once_each(in_app: InApp, poq: Poq) -> None:
    app = in_app()
    numbers = []
    for sku in ("ITEM-01", "ITEM-02"):
        numbers.append(buy(app, poq.transfer_bag((sku, 1))))
        told = app.wait_for_orders(len(numbers))
        assert [order["orderId"] for order in told] == numbers


def test_a_script_of_the_page_cannot_invent_an_order(
    in_app: InApp, poq: Poq, shop: RunningShop, clock: FakeClock
) -> None:
    app = in_app()
    page = app.web_view.page
    app.web_view.open(poq.request_link())
    app.web_view.checkout()
    page.evaluate("history.replaceState(null, '', '/checkout/onepage/success/')")
    answer = page.evaluate(
        """async (url) => (await fetch(url, {
          method: "POST", credentials: "include",
          body: new URLSearchParams({ page: "a".repeat(32), order: "000000001", total: "1" }),
        })).json()""",
        f"{poq.url}/web-checkout/orders",
    )
    assert answer == {"orders": [], "pending": True}
    clock.advance(seconds=10)
    page.goto(f"{shop.url}/checkout/")
    number = app.web_view.buy()
    [order] = app.wait_for_orders()
    assert (order["orderId"], order["total"]) == (number, 16)


def hold_back(context: BrowserContext, url: str, count: int) -> list[Route]:
    """Hold the first requests back, and return the list to which they are added."""
    waiting: list[Route] = []

    def handle(route: Route) -> None:
        if len(waiting) == count:
            route.continue_()
        else:
            waiting.append(route)

    context.route(url, handle)
    return waiting


def wait_until(page: Page, is_done: Any) -> None:
    for _ in range(100):
        if is_done():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not happen within ten seconds")

"""Two websites on two hosts with two store views each: every bag opens its own store's checkout."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from handoff.app_factory import create_app
from handoff.settings import load_settings
from tests.browser.conftest import NewWebView
from tests.browser.poq_cloud import Poq
from tests.browser.test_transfer_to_order import get_order
from tests.browser.web_view import WebView
from tests.running_servers import (
    HOST,
    RunningShop,
    free_port,
    running_shop_of_stores,
    serve_in_thread,
)
from tests.several_stores import CODES, TWO_TOWELS, create_settings_of_stores
from tests.transfer.test_store_views import make_quote_in_euros

pytestmark = pytest.mark.processes

HOSTS = ("www.shop.test", "www.shop-eu.test")
DOMAIN = ".shop.test"
# The towels, and the flat rate of 5 in the website's currency for each.
TOTALS = {"default": "£32.00", "base_eur": "€38.40", "eu_de": "€42.00", "eu_gb": "£33.60"}
CURRENCIES = {"default": "GBP", "base_eur": "EUR", "eu_de": "EUR", "eu_gb": "GBP"}
CUSTOMERS = {"base_eur": "shopper@example.com", "eu_gb": "euro@example.com"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    with running_shop_of_stores(tmp_path_factory.mktemp("stores"), hosts=HOSTS) as shop:
        yield shop


@contextmanager
def serve_stores(shop: RunningShop, folder: Path, **changes: object) -> Iterator[Poq]:
    """Serve the shop's stores. `{port}` in a setting stands for the port of the service."""
    port = free_port()
    given = create_settings_of_stores(shop, folder, hosts=HOSTS, service_port=port)
    own = {k: v.format(port=port) if isinstance(v, str) else v for k, v in changes.items()}
    app = create_app(load_settings(**{**given, **own}))
    with serve_in_thread(app, port):
        yield Poq(f"http://{HOST}:{port}", shop)
    app.extensions["handoff.objects"].database.close()


@pytest.fixture
def poq(shop: RunningShop, tmp_path: Path) -> Iterator[Poq]:
    with serve_stores(shop, tmp_path) as poq:
        yield poq


@pytest.fixture
def web_view(new_web_view: NewWebView) -> WebView:
    return new_web_view()


def open_store_view(web_view: WebView, shop: RunningShop, code: str) -> WebView:
    """Return the web view with the URL of a store's website."""
    host = HOSTS[code.startswith("eu_")]
    return WebView(web_view.page, f"http://{host}:{urlsplit(shop.url).port}")


def transfer_towels(poq: Poq, code: str) -> dict[str, str]:
    items = [{"sku": sku, "quantity": quantity} for sku, quantity in TWO_TOWELS]
    return poq.transfer(
        items=items, currency=CURRENCIES[code], reference=secrets.token_hex(8), store=code
    )


def get_language(web_view: WebView) -> str | None:
    return web_view.page.locator("html").get_attribute("lang")


def test_bags_of_different_stores_are_ordered_one_after_the_other(
    poq: Poq, web_view: WebView, shop: RunningShop
) -> None:
    for code in ("default", "base_eur", "default", "eu_de", "eu_gb", "eu_de", "base_eur"):
        web_view.follow(transfer_towels(poq, code))
        there = open_store_view(web_view, shop, code)
        checkout = there.checkout()
        assert checkout.lines == dict(TWO_TOWELS)
        assert checkout.total == TOTALS[code]
        assert get_language(there) == ("de" if code == "eu_de" else "en")
        assert len(there.session_cookies()) == 1
        order = get_order(shop, there.buy())
        assert order["order_currency_code"] == CURRENCIES[code]
        assert order["store_id"] == CODES.index(code) + 1
        assert f"{order['grand_total']:.2f}" == TOTALS[code][1:]


@pytest.mark.parametrize("code", CODES)
def test_a_quote_keeps_its_total_whatever_store_was_chosen_before(
    poq: Poq, web_view: WebView, shop: RunningShop, code: str
) -> None:
    there = open_store_view(web_view, shop, code)
    for former in CODES:
        there.page.goto(f"{there.shop}/stores/store/switch/?___store={former}&___from_store=eu_de")
        web_view.follow(poq.transfer(quote_id=shop.create_guest_quote(*TWO_TOWELS, store=code)))
        assert there.checkout().total == TOTALS[code]
        there.page.reload()
        assert there.checkout().total == TOTALS[code]


@pytest.mark.parametrize("code", CUSTOMERS)
def test_a_customer_checks_out_in_the_store_of_the_quote(
    poq: Poq, web_view: WebView, shop: RunningShop, code: str
) -> None:
    token = shop.log_in_customer(CUSTOMERS[code], store=code)
    number = shop.fill_customer_quote(token, *TWO_TOWELS, store=code)
    web_view.follow(poq.transfer(quote_id=number, token_id=token))
    there = open_store_view(web_view, shop, code)
    assert there.checkout().total == TOTALS[code]
    order = get_order(shop, there.buy())
    assert order["customer_email"] == CUSTOMERS[code]


def test_a_quote_keeps_a_currency_that_is_not_its_stores_own(
    poq: Poq, web_view: WebView, shop: RunningShop
) -> None:
    web_view.follow(poq.transfer(quote_id=make_quote_in_euros(shop)))
    assert open_store_view(web_view, shop, "default").checkout().total == TOTALS["base_eur"]
    web_view.follow(transfer_towels(poq, "default"))
    assert open_store_view(web_view, shop, "default").checkout().total == TOTALS["default"]


def test_a_service_on_a_sibling_host_replaces_the_chosen_store_too(
    web_view: WebView, tmp_path: Path
) -> None:
    beside = {"public_url": "http://handoff.shop.test:{port}", "session_cookie_domain": DOMAIN}
    with running_shop_of_stores(tmp_path, hosts=HOSTS, cookie_domain=DOMAIN) as shop:
        there = open_store_view(web_view, shop, "default")
        switch = f"{there.shop}/stores/store/switch/?___from_store=default&___store=base_eur"
        there.page.goto(switch)
        stores = create_settings_of_stores(shop, tmp_path)["stores"][:2]
        with serve_stores(shop, tmp_path, **beside, stores=stores) as poq:
            for code in ("default", "base_eur", "default"):
                web_view.follow(transfer_towels(poq, code))
                assert there.checkout().total == TOTALS[code]
                assert len(there.session_cookies()) == 1

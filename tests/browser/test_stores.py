"""Two websites on two hosts, two store views each: every bag ends in its own store's checkout."""

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
from tests.browser.poq import Poq
from tests.browser.test_to_the_order import order_of
from tests.browser.web_view import WebView
from tests.running import HOST, RunningShop, free_port, running_shop_of_stores, serving
from tests.stores import CODES, TWO_TOWELS, settings_of_stores
from tests.transfer.test_stores import in_foreign_currency

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
def served(shop: RunningShop, folder: Path, **changes: object) -> Iterator[Poq]:
    """Serve the shop's stores; `{port}` in a setting is the port that the service has."""
    port = free_port()
    given = settings_of_stores(shop, folder, hosts=HOSTS, service_port=port)
    own = {k: v.format(port=port) if isinstance(v, str) else v for k, v in changes.items()}
    app = create_app(load_settings(**{**given, **own}))
    with serving(app, port):
        yield Poq(f"http://{HOST}:{port}", shop)
    app.extensions["handoff.database"].close()


@pytest.fixture
def poq(shop: RunningShop, tmp_path: Path) -> Iterator[Poq]:
    with served(shop, tmp_path) as poq:
        yield poq


@pytest.fixture
def web_view(new_web_view: NewWebView) -> WebView:
    return new_web_view()


def store_of(web_view: WebView, shop: RunningShop, code: str) -> WebView:
    """Return the web view as one of the website that a store belongs to."""
    host = HOSTS[code.startswith("eu_")]
    return WebView(web_view.page, f"http://{host}:{urlsplit(shop.url).port}")


def bag(poq: Poq, code: str) -> dict[str, str]:
    items = [{"sku": sku, "quantity": quantity} for sku, quantity in TWO_TOWELS]
    return poq.transfer(
        items=items, currency=CURRENCIES[code], reference=secrets.token_hex(8), store=code
    )


def language_of(web_view: WebView) -> str | None:
    return web_view.page.locator("html").get_attribute("lang")


def test_each_bag_is_bought_in_its_own_store_one_after_the_other(
    poq: Poq, web_view: WebView, shop: RunningShop
) -> None:
    for code in ("default", "base_eur", "default", "eu_de", "eu_gb", "eu_de", "base_eur"):
        web_view.follow(bag(poq, code))
        there = store_of(web_view, shop, code)
        checkout = there.checkout()
        assert checkout.lines == dict(TWO_TOWELS)
        assert checkout.total == TOTALS[code]
        assert language_of(there) == ("de" if code == "eu_de" else "en")
        assert len(there.session_cookies()) == 1
        order = order_of(shop, there.buy())
        assert order["order_currency_code"] == CURRENCIES[code]
        assert order["store_id"] == CODES.index(code) + 1
        assert f"{order['grand_total']:.2f}" == TOTALS[code][1:]


@pytest.mark.parametrize("code", CODES)
def test_a_quote_of_a_store_keeps_its_total_whichever_store_the_last_shopper_chose(
    poq: Poq, web_view: WebView, shop: RunningShop, code: str
) -> None:
    there = store_of(web_view, shop, code)
    for former in CODES:
        there.page.goto(f"{there.shop}/stores/store/switch/?___store={former}&___from_store=eu_de")
        web_view.follow(poq.transfer(quote_id=shop.guest_quote(*TWO_TOWELS, store=code)))
        assert there.checkout().total == TOTALS[code]
        there.page.reload()
        assert there.checkout().total == TOTALS[code]


@pytest.mark.parametrize("code", CUSTOMERS)
def test_a_customer_checks_out_in_the_store_of_the_quote(
    poq: Poq, web_view: WebView, shop: RunningShop, code: str
) -> None:
    token = shop.customer_token(CUSTOMERS[code], store=code)
    number = shop.customer_quote(token, *TWO_TOWELS, store=code)
    web_view.follow(poq.transfer(quote_id=number, token_id=token))
    there = store_of(web_view, shop, code)
    assert there.checkout().total == TOTALS[code]
    order = order_of(shop, there.buy())
    assert order["customer_email"] == CUSTOMERS[code]


def test_a_quote_in_another_currency_than_its_stores_keeps_that(
    poq: Poq, web_view: WebView, shop: RunningShop
) -> None:
    web_view.follow(poq.transfer(quote_id=in_foreign_currency(shop)))
    assert store_of(web_view, shop, "default").checkout().total == TOTALS["base_eur"]
    web_view.follow(bag(poq, "default"))
    assert store_of(web_view, shop, "default").checkout().total == TOTALS["default"]


def test_from_a_host_beside_the_shops_the_last_shoppers_choice_is_displaced_too(
    web_view: WebView, tmp_path: Path
) -> None:
    beside = {"public_url": "http://handoff.shop.test:{port}", "session_cookie_domain": DOMAIN}
    with running_shop_of_stores(tmp_path, hosts=HOSTS, cookie_domain=DOMAIN) as shop:
        there = store_of(web_view, shop, "default")
        switch = f"{there.shop}/stores/store/switch/?___from_store=default&___store=base_eur"
        there.page.goto(switch)
        stores = settings_of_stores(shop, tmp_path)["stores"][:2]
        with served(shop, tmp_path, **beside, stores=stores) as poq:
            for code in ("default", "base_eur", "default"):
                web_view.follow(bag(poq, code))
                assert there.checkout().total == TOTALS[code]
                assert len(there.session_cookies()) == 1

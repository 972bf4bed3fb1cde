"""Sessions through the pages of a shop with several store views and hosts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from handoff.settings import Settings, load_settings
from tests.conftest import MakeApp, Poq, get_link_path, get_session_id, use_link
from tests.running_servers import RunningShop, running_shop_of_stores
from tests.several_stores import create_settings_of_stores
from tests.storefront_session.conftest import STOREFRONT_TEXTS

STORES = {"default": "GBP", "base_eur": "EUR", "eu_de": "EUR", "eu_gb": "GBP"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[RunningShop]:
    with running_shop_of_stores(tmp_path / "sessions") as shop:
        yield shop


@pytest.fixture
def settings(shop: RunningShop, tmp_path: Path) -> Settings:
    return load_settings(**create_settings_of_stores(shop, tmp_path) | STOREFRONT_TEXTS)


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.mark.parametrize(("code", "currency"), STORES.items())
def test_the_bag_is_in_the_store_view_and_currency_of_the_transfer(
    poq: Poq, phone: FlaskClient, shop: RunningShop, code: str, currency: str
) -> None:
    items = [{"sku": "ITEM-01", "quantity": 2}]
    body = {"items": items, "currency": currency, "store": code, "reference": "r-1"}
    answer = poq.transfer(body)
    assert answer.status_code == 200, answer.text
    entered = use_link(phone, get_link_path(answer))
    cookie = f"PHPSESSID={get_session_id(entered)}; store={code}"
    page = requests.get(
        entered.headers["Location"],
        headers={"Cookie": cookie},
        allow_redirects=False,
        timeout=10,
    )
    assert page.status_code == 200
    quote = list(shop.state.quotes.by_number.values())[-1]
    assert (quote.view.code, quote.currency.code) == (code, currency)
    assert f'"quote_currency_code": "{currency}"' in page.text

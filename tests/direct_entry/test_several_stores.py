"""`POST /enter` of a shop of several stores: each quote opens on its own store's host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from handoff.settings import Settings, load_settings
from tests.conftest import MakeApp, use_link
from tests.running_servers import HOST, RunningShop, running_shop_of_stores
from tests.several_stores import TWO_TOWELS, create_settings_of_stores


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[RunningShop]:
    with running_shop_of_stores(tmp_path / "sessions") as shop:
        yield shop


@pytest.fixture
def settings(shop: RunningShop, tmp_path: Path) -> Settings:
    return load_settings(**create_settings_of_stores(shop, tmp_path), direct_entry=True)


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


def enter(phone: FlaskClient, host: str, quote_id: str) -> TestResponse:
    """Post the form at a host of the service."""
    base = f"http://{host}:8000"
    return phone.post("/enter", data={"quote_id": quote_id}, base_url=base)


@pytest.mark.parametrize(
    ("code", "host"), [("default", HOST), ("base_eur", HOST), ("eu_de", "localhost")]
)
def test_on_the_host_of_its_store_a_quote_goes_to_checkout_at_once(
    phone: FlaskClient, shop: RunningShop, code: str, host: str
) -> None:
    entered = enter(phone, host, shop.create_guest_quote(*TWO_TOWELS, store=code))
    assert entered.status_code == 303
    assert entered.headers["Location"].endswith("/checkout/")
    assert f"//{host}:" in entered.headers["Location"]


@pytest.mark.parametrize(
    ("code", "host", "own"), [("default", "localhost", HOST), ("eu_de", HOST, "localhost")]
)
def test_on_another_host_a_quote_redirects_to_a_link_on_its_own_host(
    phone: FlaskClient, shop: RunningShop, code: str, host: str, own: str
) -> None:
    """A browser accepts no session cookie for one host from the other."""
    sent = enter(phone, host, shop.create_guest_quote(*TWO_TOWELS, store=code))
    assert sent.status_code == 303
    link = sent.headers["Location"]
    assert link.startswith(f"http://{own}:8000/h/")
    assert "PHPSESSID" not in str(sent.headers)
    assert use_link(phone, link).headers["Location"].endswith("/checkout/")


def test_a_form_on_any_of_our_hosts_is_accepted(phone: FlaskClient, shop: RunningShop) -> None:
    quote_id = shop.create_guest_quote(*TWO_TOWELS)
    for origin, status in (("http://localhost:8000", 303), ("http://elsewhere.test", 403)):
        answer = phone.post(
            "/enter",
            data={"quote_id": quote_id},
            headers={"Origin": origin},
            base_url=f"http://{HOST}:8000",
        )
        assert answer.status_code == status

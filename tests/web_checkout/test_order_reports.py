"""Which orders a page of the shop may tell the app about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from handoff.settings import Settings
from tests.conftest import FakeClock, MakeApp, Poq, get_link_path, use_link
from tests.running_servers import RunningShop

PAGE, OTHER_PAGE = "a" * 32, "b" * 32
Ask = Callable[..., TestResponse]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Give the service the right to read orders."""
    return settings.model_copy(
        update={
            "magento_admin_username": "admin",
            "magento_admin_password": SecretStr("Admin123!"),
        }
    )


@pytest.fixture
def ask(shop_url: str) -> Ask:
    """Return a function that asks as a page of the shop does, with the cookies of a web view."""

    def ask(web_view: FlaskClient, page: str | None = PAGE, **headers: str) -> TestResponse:
        form = {"page": page} if page else {}
        return web_view.post(
            "/web-checkout/orders", data=form, headers={"Origin": shop_url, **headers}
        )

    return ask


def place_order(shop: RunningShop, number: int = -1) -> None:
    """Buy the quote of a bag, the newest one by default."""
    quotes = shop.state.quotes
    quote = list(quotes.by_number.values())[number]
    shop.place_order(f"guest-carts/{quotes.ensure_masked_id(quote)}")


def open_link(app: Flask, poq: Poq, *lines: tuple[str, int], reference: str = "r-1") -> FlaskClient:
    web_view = app.test_client()
    use_link(web_view, poq.request_link(*lines, reference=reference))
    return web_view


def test_one_page_gets_the_order_with_its_totals(
    app: Flask, poq: Poq, shop: RunningShop, ask: Ask
) -> None:
    web_view = open_link(app, poq, ("ITEM-01", 2))
    place_order(shop)
    expected = {
        "total": 32.0,
        "orderId": "000000001",
        "subTotal": 22.0,
        "delivery": 10.0,
        "discount": 0.0,
        "tax": 0.0,
        "currency": "GBP",
        "reference": "r-1",
    }
    for _ in range(2):  # the first answer may have been lost
        answer = ask(web_view).get_json()
        assert answer["pending"] is False
        [told] = answer["orders"]
        assert (told["order"], len(told["id"])) == (expected, 16)
    assert ask(web_view, OTHER_PAGE).get_json()["orders"] == []


def test_a_report_without_an_order_changes_nothing(
    app: Flask, poq: Poq, shop: RunningShop, ask: Ask, clock: FakeClock
) -> None:
    web_view = open_link(app, poq)
    assert ask(web_view).get_json() == {"orders": [], "pending": True}
    place_order(shop)
    # The shop is asked once in ten seconds.
    assert ask(web_view).get_json() == {"orders": [], "pending": True}
    clock.advance(seconds=10)
    assert len(ask(web_view).get_json()["orders"]) == 1


def test_a_page_that_cannot_reach_the_app_only_has_the_order_looked_up(
    app: Flask, poq: Poq, shop: RunningShop, ask: Ask
) -> None:
    web_view = open_link(app, poq)
    place_order(shop)
    for name in (None, "", "x", "A" * 32, "a" * 33):
        answer = ask(web_view, name).get_json()
        assert answer["orders"] == []
    assert len(ask(web_view).get_json()["orders"]) == 1


@pytest.mark.parametrize("cookie", ["", "x", "a" * 22 + "." + "b" * 43])
def test_without_the_cookie_nothing_is_told(
    app: Flask, poq: Poq, shop: RunningShop, ask: Ask, cookie: str
) -> None:
    open_link(app, poq)
    place_order(shop)
    stranger = app.test_client()
    stranger.set_cookie("handoff_web_checkout", cookie)
    assert ask(stranger).get_json() == {"orders": [], "pending": False}


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_a_page_of_another_website_is_told_nothing(
    app: Flask, poq: Poq, shop: RunningShop, ask: Ask, origin: str
) -> None:
    web_view = open_link(app, poq)
    place_order(shop)
    answer = ask(web_view, Origin=origin)
    assert answer.get_json()["orders"] == []
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_two_orders_of_one_web_view_are_told_once_each(
    app: Flask, poq: Poq, shop: RunningShop, ask: Ask
) -> None:
    web_view = open_link(app, poq, reference="r-1")
    place_order(shop)
    use_link(web_view, poq.request_link(("ITEM-02", 1), reference="r-2"))
    place_order(shop)
    told = [entry["order"] for entry in ask(web_view).get_json()["orders"]]
    assert [(order["orderId"], order["reference"]) for order in told] == [
        ("000000002", "r-2"),
        ("000000001", "r-1"),
    ]
    assert ask(web_view, OTHER_PAGE).get_json()["orders"] == []


def test_the_next_shopper_of_a_web_view_is_told_nothing_of_the_last_one(
    app: Flask, poq: Poq, shop: RunningShop, ask: Ask
) -> None:
    web_view = open_link(app, poq)
    place_order(shop)
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, ("ITEM-02", 1))
    use_link(web_view, get_link_path(poq.transfer({"quote_id": number, "token_id": token})))
    assert ask(web_view).get_json()["orders"] == []


def test_a_second_order_of_a_quote_is_told_after_the_first_was_cancelled(
    app: Flask, poq: Poq, shop: RunningShop, ask: Ask, clock: FakeClock
) -> None:
    web_view = open_link(app, poq)
    place_order(shop)
    [told] = ask(web_view).get_json()["orders"]
    assert told["order"]["orderId"] == "000000001"
    [order] = shop.state.orders.by_id.values()
    shop.state.orders.cancel_order(order)
    order.quote.active = True
    place_order(shop)
    answer = ask(web_view, OTHER_PAGE).get_json()
    assert answer == {"orders": [], "pending": True}
    clock.advance(seconds=10)
    [told] = ask(web_view, OTHER_PAGE).get_json()["orders"]
    assert told["order"]["orderId"] == "000000002"


def test_without_the_right_to_read_orders_nothing_is_told(
    make_app: MakeApp, shop: RunningShop, ask: Ask
) -> None:
    app = make_app(magento_admin_username=None, magento_admin_password=None)
    web_view = open_link(app, Poq(app.test_client()))
    place_order(shop)
    assert ask(web_view).get_json() == {"orders": [], "pending": False}


def test_a_shop_that_does_not_answer_is_asked_again_later(
    app: Flask, poq: Poq, shop: RunningShop, ask: Ask, clock: FakeClock, monkeypatch: Any
) -> None:
    web_view = open_link(app, poq)
    place_order(shop)
    tokens = shop.state.tokens
    monkeypatch.setattr(shop.state, "tokens", None)  # every call with a token fails
    assert ask(web_view).get_json() == {"orders": [], "pending": True}
    monkeypatch.setattr(shop.state, "tokens", tokens)
    clock.advance(seconds=10)
    assert len(ask(web_view).get_json()["orders"]) == 1


def test_one_web_view_cannot_ask_without_end(app: Flask, poq: Poq, ask: Ask) -> None:
    web_view = open_link(app, poq)
    answers = [ask(web_view) for _ in range(61)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]

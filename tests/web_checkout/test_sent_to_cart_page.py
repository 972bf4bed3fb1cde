"""What follows when checkout has sent a shopper to the cart page."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from handoff.ledger.preflight_cache_invalidation import CheckoutRefusalCount
from tests.conftest import FakeClock, Poq, use_link
from tests.running_servers import RunningShop


@pytest.fixture
def refusal_count(app: Flask) -> CheckoutRefusalCount:
    """The count in the ledger of the service."""
    return CheckoutRefusalCount(app.extensions["handoff.objects"].database)


def report(web_view: FlaskClient, origin: str) -> None:
    answer = web_view.post("/web-checkout/cart-page", headers={"Origin": origin})
    assert (answer.status_code, answer.data) == (204, b"")


def open_bag(app: Flask, poq: Poq, reference: str = "r-1") -> FlaskClient:
    web_view = app.test_client()
    use_link(web_view, poq.request_link(("ITEM-01", 1), reference=reference))
    return web_view


def test_it_counts_once_for_a_bag_that_was_just_opened(
    app: Flask, poq: Poq, shop_url: str, refusal_count: CheckoutRefusalCount
) -> None:
    web_view = open_bag(app, poq)
    for _ in range(3):
        report(web_view, shop_url)
    assert refusal_count.read() == 1


def test_it_counts_for_nobody_else(
    app: Flask,
    poq: Poq,
    shop: RunningShop,
    shop_url: str,
    refusal_count: CheckoutRefusalCount,
    clock: FakeClock,
) -> None:
    report(app.test_client(), shop_url)
    report(open_bag(app, poq), "https://elsewhere.example")
    quote = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
    with_quote = app.test_client()
    use_link(with_quote, poq.transfer(quote).get_json()["url"])
    report(with_quote, shop_url)
    late = open_bag(app, poq, reference="r-2")
    clock.advance(seconds=61)
    report(late, shop_url)
    assert refusal_count.read() == 0

"""From Poq's transfer to the order, in the web view of a phone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.poq_cloud import Poq
from tests.browser.web_view import EMAIL, WebView
from tests.running_servers import RunningShop

pytestmark = pytest.mark.processes

LINES = (("ITEM-02", 2), ("ITEM-07", 1))  # £12 and £17, flat rate £5 an item


@pytest.fixture(scope="module", params=["url", "form"])
def environment_changes(request: pytest.FixtureRequest) -> dict[str, str]:
    """Run all tests with both styles of instruction."""
    return {"HANDOFF_INSTRUCTION": request.param}


@pytest.mark.parametrize("kind", ["bag", "guest_quote", "customer_quote"])
def test_a_bag_is_shown_in_checkout_and_ordered(
    kind: str, poq: Poq, web_view: WebView, shop: RunningShop
) -> None:
    web_view.follow(getattr(poq, f"transfer_{kind}")(*LINES))
    checkout = web_view.checkout()
    assert checkout.lines == dict(LINES)
    assert checkout.skus == set(dict(LINES))
    assert checkout.total == "£56.00"
    order = get_order(shop, web_view.buy())
    assert {item["sku"]: item["qty_ordered"] for item in order["items"]} == dict(LINES)
    guest = kind != "customer_quote"
    assert order["customer_email"] == (EMAIL if guest else "shopper@example.com")
    assert bool(order["customer_is_guest"]) is guest


def get_order(shop: RunningShop, number: str) -> dict[str, Any]:
    """Return the order with the number that the shopper saw."""
    login = {"username": "admin", "password": "Admin123!"}
    token = shop.call_rest("POST", "integration/admin/token", body=login)
    where = "searchCriteria[filterGroups][0][filters][0]"
    query = f"orders?{where}[field]=increment_id&{where}[value]={number}"
    order: dict[str, Any] = shop.call_rest("GET", query, token=token)["items"][0]
    return order

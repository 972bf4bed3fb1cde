"""Variants, gifts and virtual products, from the transfer to the order."""

from __future__ import annotations

import pytest

from tests.browser.poq_cloud import Poq
from tests.browser.test_transfer_to_order import get_order
from tests.browser.web_view import WebView
from tests.running_servers import RunningShop

pytestmark = pytest.mark.processes


def test_variants_are_ordered_with_their_options(
    poq: Poq, web_view: WebView, shop: RunningShop
) -> None:
    web_view.follow(poq.transfer_bag(("PC-CONF-S", 2), ("PC-CONF-L", 1)))
    checkout = web_view.checkout()
    assert checkout.lines == {"PC-CONF-S": 2, "PC-CONF-L": 1}
    assert checkout.total == "£145.00"
    assert web_view.page.locator(".product").all_inner_texts() == ["Jumper", "Jumper"]
    assert web_view.page.locator(".options").all_inner_texts() == ["Small", "Large"]
    order = get_order(shop, web_view.buy())
    bought = {item["sku"]: (item["product_type"], item["price"]) for item in order["items"]}
    assert bought == {"PC-CONF-S": ("configurable", 40), "PC-CONF-L": ("configurable", 50)}


def test_a_free_gift_is_ordered_at_no_cost(poq: Poq, web_view: WebView, shop: RunningShop) -> None:
    web_view.follow(poq.transfer_guest_quote(("PC-GIFTER", 1)))
    assert web_view.checkout().lines == {"PC-GIFTER": 1, "PC-GIFT": 1}
    order = get_order(shop, web_view.buy())
    assert order["subtotal"] == 30


def test_virtual_products_are_ordered_without_shipping(
    poq: Poq, web_view: WebView, shop: RunningShop
) -> None:
    web_view.follow(poq.transfer_bag(("PC-VIRT", 2)))
    assert web_view.checkout().total == "£24.00"
    assert get_order(shop, web_view.buy())["grand_total"] == 24

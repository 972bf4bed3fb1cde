"""What is no simple product, on its way to the number of the order."""

from __future__ import annotations

from tests.browser.poq import Poq
from tests.browser.test_to_the_order import order_of
from tests.browser.web_view import WebView
from tests.running import RunningShop


def test_variants_are_bought_with_the_options_that_the_app_showed(
    poq: Poq, web_view: WebView, shop: RunningShop
) -> None:
    web_view.follow(poq.bag(("PC-CONF-S", 2), ("PC-CONF-L", 1)))
    checkout = web_view.checkout()
    assert checkout.lines == {"PC-CONF-S": 2, "PC-CONF-L": 1}
    assert checkout.total == "£145.00"
    assert web_view.page.locator(".product").all_inner_texts() == ["Jumper", "Jumper"]
    assert web_view.page.locator(".options").all_inner_texts() == ["Small", "Large"]
    order = order_of(shop, web_view.buy())
    bought = {item["sku"]: (item["product_type"], item["price"]) for item in order["items"]}
    assert bought == {"PC-CONF-S": ("configurable", 40), "PC-CONF-L": ("configurable", 50)}


def test_a_gift_of_the_shop_is_bought_for_nothing(
    poq: Poq, web_view: WebView, shop: RunningShop
) -> None:
    web_view.follow(poq.guest_quote(("PC-GIFTER", 1)))
    assert web_view.checkout().lines == {"PC-GIFTER": 1, "PC-GIFT": 1}
    order = order_of(shop, web_view.buy())
    assert order["subtotal"] == 30


def test_what_is_not_sent_is_bought_without_shipping(
    poq: Poq, web_view: WebView, shop: RunningShop
) -> None:
    web_view.follow(poq.bag(("PC-VIRT", 2)))
    assert web_view.checkout().total == "£24.00"
    assert order_of(shop, web_view.buy())["grand_total"] == 24

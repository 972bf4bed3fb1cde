"""What is read off the page of checkout, and what is said where that is not to be had."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
import requests
from requests_mock import Mocker

from handoff.bag import BagLine
from handoff.rehearsal.checkout import Checkout, read_checkout
from handoff.rehearsal.outcome import Unexpected
from handoff.rehearsal.stop import Stop
from handoff.rehearsal.web_view import Page, WebView
from tests.sandbox.recording import FOLDER

SHOP = "https://shop.example"
RECORDED = json.loads((FOLDER / "820-checkoutConfig.json").read_text())["config"]


def read(text: str, *, status: int = 200, path: str = "/checkout/") -> Checkout:
    page = Page(status, f"{SHOP}{path}", "", text)
    return read_checkout(WebView(Stop(), requests.Session()), page, SHOP)


def page_with(config: Any) -> str:
    return f"<script>window.checkoutConfig = {json.dumps(config)};\n// Create aliases</script>"


def test_a_recorded_checkout_is_read() -> None:
    seen = read(page_with(RECORDED))
    assert seen.lines == (BagLine("ITEM-01", Decimal(2)), BagLine("ITEM-02", Decimal(1)))
    assert (seen.total, seen.currency, seen.email) == (Decimal("34.0000"), "GBP", None)
    assert seen.masked_id == RECORDED["quoteData"]["entity_id"]
    assert str(seen.masked_id) not in repr(seen)


@pytest.mark.parametrize(
    "free", [{"row_total": "0.0000"}, {"row_total": "9.0000", "discount_amount": "9.0000"}]
)
def test_what_the_shop_adds_for_nothing_is_no_part_of_the_bag(free: dict[str, str]) -> None:
    gift = {**RECORDED["quoteItemData"][0], "sku": "GIFT", **free}
    items = [*RECORDED["quoteItemData"], gift]
    assert "GIFT" not in read(page_with({**RECORDED, "quoteItemData": items})).told


def test_a_customers_checkout_names_the_customer_and_no_masked_id() -> None:
    config = {**RECORDED, "customerData": {"email": "shopper@example.com"}}
    config["quoteData"] = {**RECORDED["quoteData"], "entity_id": "4"}
    seen = read(page_with(config))
    assert (seen.email, seen.masked_id) == ("shopper@example.com", None)


@pytest.mark.parametrize(
    "text",
    [
        "<h1>Express checkout</h1>",
        "<script>window.checkoutConfig = loadLater();</script>",
        "<script>window.checkoutConfig = {nonsense};</script>",
        page_with({}),
        page_with({**RECORDED, "quoteItemData": [{"sku": "ITEM-01", "qty": "many"}]}),
    ],
)
def test_another_makers_checkout_is_named_as_such(text: str) -> None:
    with pytest.raises(Unexpected) as failure:
        read(text)
    assert "window.checkoutConfig" in failure.value.expected
    assert "browser" in failure.value.todo


def test_an_error_of_the_shop_is_told() -> None:
    with pytest.raises(Unexpected) as failure:
        read("<h1>There has been an error</h1>", status=500)
    assert failure.value.came == "500 “There has been an error”"


@pytest.mark.parametrize(
    ("cart", "words"),
    [
        ({"summary_count": 0}, "HANDOFF_SESSION_STORE"),
        ({}, "HANDOFF_SESSION_STORE"),
        ({"summary_count": 3, "isGuestCheckoutAllowed": False}, "does not let guests"),
        ({"summary_count": 3, "isGuestCheckoutAllowed": True}, "minimum order amount"),
    ],
)
def test_who_is_sent_to_the_cart_page_is_told_why(
    requests_mock: Mocker, cart: dict[str, Any], words: str
) -> None:
    requests_mock.get(f"{SHOP}/customer/section/load/?sections=cart", json={"cart": cart})
    with pytest.raises(Unexpected) as failure:
        read("<h1>Shopping Cart</h1>", path="/checkout/cart/")
    assert words in failure.value.todo

"""The checkout page is read, and anything else in its place is explained."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
import requests
from requests_mock import Mocker

from handoff.rehearsal.cancel_token import CancelToken
from handoff.rehearsal.checkout_page import CheckoutPage, read_checkout_page
from handoff.rehearsal.results import StepFailure
from handoff.rehearsal.web_view import WebPage, WebView
from tests.sandbox.recording import FOLDER

SHOP = "https://shop.example"
RECORDED = json.loads((FOLDER / "820-checkoutConfig.json").read_text())["config"]


def read_page(text: str, *, status: int = 200, path: str = "/checkout/") -> CheckoutPage:
    page = WebPage(status, f"{SHOP}{path}", "", text)
    return read_checkout_page(WebView(CancelToken(), requests.Session()), page, SHOP)


def build_page(config: Any) -> str:
    return f"<script>window.checkoutConfig = {json.dumps(config)};\n// Create aliases</script>"


def test_a_recorded_checkout_is_read() -> None:
    checkout = read_page(build_page(RECORDED))
    lines = [(line.sku, line.quantity) for line in checkout.lines]
    assert lines == [("ITEM-01", Decimal(2)), ("ITEM-02", Decimal(1))]
    assert (checkout.total, checkout.currency, checkout.email) == (Decimal("34.0000"), "GBP", None)
    assert checkout.masked_id == RECORDED["quoteData"]["entity_id"]
    assert str(checkout.masked_id) not in repr(checkout)


@pytest.mark.parametrize(
    "free", [{"row_total": "0.0000"}, {"row_total": "9.0000", "discount_amount": "9.0000"}]
)
def test_free_gifts_of_the_shop_are_not_part_of_the_bag(free: dict[str, str]) -> None:
    gift = {**RECORDED["quoteItemData"][0], "sku": "GIFT", **free}
    items = [*RECORDED["quoteItemData"], gift]
    assert "GIFT" not in read_page(build_page({**RECORDED, "quoteItemData": items})).summary


def test_a_customers_checkout_has_an_email_address_and_no_masked_id() -> None:
    config = {**RECORDED, "customerData": {"email": "shopper@example.com"}}
    config["quoteData"] = {**RECORDED["quoteData"], "entity_id": "4"}
    checkout = read_page(build_page(config))
    assert (checkout.email, checkout.masked_id) == ("shopper@example.com", None)


@pytest.mark.parametrize(
    "text",
    [
        "<h1>Express checkout</h1>",
        "<script>window.checkoutConfig = loadLater();</script>",
        "<script>window.checkoutConfig = {nonsense};</script>",
        build_page({}),
        build_page({**RECORDED, "quoteItemData": [{"sku": "ITEM-01", "qty": "many"}]}),
    ],
)
def test_a_checkout_that_is_not_magentos_is_explained(text: str) -> None:
    with pytest.raises(StepFailure) as failure:
        read_page(text)
    assert "window.checkoutConfig" in failure.value.expected
    assert "browser" in failure.value.advice


def test_an_error_page_of_the_shop_is_reported() -> None:
    with pytest.raises(StepFailure) as failure:
        read_page("<h1>There has been an error</h1>", status=500)
    assert failure.value.actual == "500 “There has been an error”"


@pytest.mark.parametrize(
    ("cart", "words"),
    [
        ({"summary_count": 0}, "HANDOFF_SESSION_STORE"),
        ({}, "HANDOFF_SESSION_STORE"),
        ({"summary_count": 3, "isGuestCheckoutAllowed": False}, "does not let guests"),
        ({"summary_count": 3, "isGuestCheckoutAllowed": True}, "minimum order amount"),
    ],
)
def test_the_reason_for_the_cart_page_is_found(
    requests_mock: Mocker, cart: dict[str, Any], words: str
) -> None:
    requests_mock.get(f"{SHOP}/customer/section/load/?sections=cart", json={"cart": cart})
    with pytest.raises(StepFailure) as failure:
        read_page("<h1>Shopping Cart</h1>", path="/checkout/cart/")
    assert words in failure.value.advice

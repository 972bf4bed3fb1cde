"""Checkout and placing an order."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from handoff_sandbox.access_tokens import ADMIN, TokenUser
from handoff_sandbox.shop import SandboxShop

from tests.sandbox.recording import FOLDER, OWN_LATER, find_differences
from tests.sandbox.scriptless_browser import ScriptlessBrowser, get_link_path

OWN_KEYS = OWN_LATER | {"entity_id", "formKey", "defaultCountryId"}


def search_orders(client: FlaskClient, shop: SandboxShop, query: str = "searchCriteria=") -> Any:
    token = shop.tokens.issue(TokenUser(1, ADMIN))
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.get(f"/rest/V1/orders?{query}", headers=headers)
    return answer.get_json()["items"]


def test_checkout_shows_the_bag_and_no_other_sku(browser: ScriptlessBrowser) -> None:
    browser.add(2, 2)
    browser.add(5)
    page = browser.get("/checkout/").text
    assert set(re.findall(r"ITEM-\w+", page)) == {"ITEM-02", "ITEM-05"}
    assert "Beeswax tapers" in page
    for amount in ("£24.00", "£15.00", "£39.00", "£54.00"):
        assert amount in page


@pytest.mark.parametrize("path", ["/checkout/", "/checkout/onepage/success/"])
def test_checkout_without_a_bag_redirects_to_the_cart(
    browser: ScriptlessBrowser, path: str
) -> None:
    answer = browser.get(path)
    assert (answer.status_code, get_link_path(answer)) == (302, "/checkout/cart/")


def test_each_view_of_checkout_starts_a_new_session_and_keeps_the_old_one(
    browser: ScriptlessBrowser, session_path: Path
) -> None:
    browser.add(1)
    first = browser.cookies["PHPSESSID"]
    browser.get("/checkout/")
    second = browser.cookies["PHPSESSID"]
    assert first != second
    assert (session_path / f"sess_{first}").exists()
    browser.cookies["PHPSESSID"] = first
    assert browser.get("/checkout/").status_code == 200


def test_the_page_describes_the_bag_to_its_scripts_as_magento_does(
    browser: ScriptlessBrowser, shop: SandboxShop
) -> None:
    recorded = json.loads((FOLDER / "820-checkoutConfig.json").read_text())["config"]
    browser.add(1, 2)
    browser.add(2)
    page = browser.get("/checkout/").text
    given = json.JSONDecoder().raw_decode(page, page.index("window.checkoutConfig = ") + 24)[0]
    assert find_differences(_keep_shared_fields(recorded, given), given, OWN_KEYS) == []
    assert shop.quotes.find_by_masked_id(given["quoteData"]["entity_id"]) is not None


def _keep_shared_fields(recorded: Any, given: Any) -> Any:
    """Leave of what was recorded the fields that the stand-in gives as well."""
    if isinstance(recorded, dict) and isinstance(given, dict):
        return {
            key: _keep_shared_fields(recorded[key], given[key]) for key in given if key in recorded
        }
    if isinstance(recorded, list) and isinstance(given, list):
        return [_keep_shared_fields(*pair) for pair in zip(recorded, given, strict=True)]
    return recorded


def test_a_post_does_not_open_checkout(browser: ScriptlessBrowser) -> None:
    browser.add(1)
    assert get_link_path(browser.post("/checkout/")) == "/"


def test_a_guest_buys_the_bag(browser: ScriptlessBrowser, shop: SandboxShop) -> None:
    browser.add(1, 2)
    browser.get("/checkout/")
    answer = browser.place_order()
    assert (answer.status_code, get_link_path(answer)) == (302, "/checkout/onepage/success/")
    assert "000000001" in browser.get("/checkout/onepage/success/").text
    query = "searchCriteria[filterGroups][0][filters][0][field]=quote_id"
    query += "&searchCriteria[filterGroups][0][filters][0][value]=1"
    [order] = search_orders(browser.client, shop, query)
    assert order["increment_id"] == "000000001"
    assert order["customer_email"] == "guest@example.com"
    assert order["grand_total"] == 32


def test_after_the_order_the_session_has_no_quote(browser: ScriptlessBrowser) -> None:
    browser.add(1)
    browser.place_order()
    assert get_link_path(browser.get("/checkout/")) == "/checkout/cart/"
    assert "no items" in browser.get("/checkout/cart/").text


def test_the_success_page_is_shown_once(browser: ScriptlessBrowser) -> None:
    browser.add(1)
    browser.place_order()
    assert browser.get("/checkout/onepage/success/").status_code == 200
    assert get_link_path(browser.get("/checkout/onepage/success/")) == "/checkout/cart/"


def test_a_customers_order_ignores_the_email_of_the_form(
    browser: ScriptlessBrowser, shop: SandboxShop
) -> None:
    browser.add(1)
    browser.log_in("shopper@example.com")
    browser.cookies["form_key"] = "c" * 16
    assert "Sam Shopper" in browser.get("/checkout/").text
    browser.place_order(email="somebody@example.com")
    [order] = search_orders(browser.client, shop)
    assert order["customer_email"] == "shopper@example.com"
    assert order["customer_id"] == 1


def test_an_order_takes_the_goods_out_of_stock_and_cancelling_puts_them_back(
    browser: ScriptlessBrowser, shop: SandboxShop
) -> None:
    few = shop.catalogue.find_by_sku("ITEM-FEW")
    assert few is not None
    browser.add(22, 4)
    browser.place_order()
    assert few.stock == Decimal(1)
    shop.orders.cancel_order(shop.orders.by_id[1])
    assert few.stock == Decimal(5)


def test_the_second_buyer_of_the_last_item_gets_no_order(
    browser: ScriptlessBrowser, shop: SandboxShop
) -> None:
    few = shop.catalogue.find_by_sku("ITEM-FEW")
    assert few is not None
    browser.add(22, 4)
    few.stock = Decimal(3)
    assert get_link_path(browser.place_order()) == "/checkout/cart/"
    assert shop.orders.by_id == {}


def test_a_missing_field_is_asked_for_again_and_the_others_are_kept(
    browser: ScriptlessBrowser,
) -> None:
    browser.add(1)
    answer = browser.place_order(city=" ")
    assert answer.status_code == 400
    assert "Please fill in every field." in answer.text
    assert "1 High Street" in answer.text


def test_an_order_needs_the_form_key(browser: ScriptlessBrowser, shop: SandboxShop) -> None:
    browser.add(1)
    assert get_link_path(browser.place_order(form_key="forged")) == "/checkout/"
    assert shop.orders.by_id == {}


def test_a_cancelled_payment_cancels_the_order_and_opens_its_quote_again(
    browser: ScriptlessBrowser, shop: SandboxShop
) -> None:
    browser.add(1, 2)
    browser.place_order()
    quote = shop.quotes.by_number[1]
    assert (quote.active, quote.reserved_order_id) == (False, "000000001")
    for _ in range(2):  # the second time, no order is left to cancel
        assert browser.get("/paypal/payflow/cancelPayment/").status_code == 200
    assert (quote.active, quote.reserved_order_id) == (True, None)
    assert browser.get("/checkout/").status_code == 200
    browser.place_order()
    found = search_orders(browser.client, shop)
    assert [(order["quote_id"], order["state"]) for order in found] == [(1, "canceled"), (1, "new")]


@pytest.mark.parametrize("state", ["complete", "closed", "holded", "canceled"])
def test_an_order_in_some_states_cannot_be_cancelled(
    browser: ScriptlessBrowser, shop: SandboxShop, state: str
) -> None:
    browser.add(1)
    browser.place_order()
    shop.orders.set_state(shop.orders.by_id[1], state)
    headers = {"Authorization": f"Bearer {shop.tokens.issue(TokenUser(1, ADMIN))}"}
    answer = browser.client.post("/rest/V1/orders/1/cancel", headers=headers)
    assert (answer.status_code, answer.get_json()) == (200, False)
    assert shop.orders.by_id[1].state == state


def test_an_edited_order_names_the_order_that_replaces_it(
    browser: ScriptlessBrowser, shop: SandboxShop
) -> None:
    browser.add(1)
    browser.place_order()
    shop.orders.replace_order(shop.orders.replace_order(shop.orders.by_id[1]))
    found = search_orders(browser.client, shop)
    assert [
        (order["increment_id"], order["state"], order.get("relation_child_real_id"))
        for order in found
    ] == [
        ("000000001", "canceled", "000000001-1"),
        ("000000001-1", "canceled", "000000001-2"),
        ("000000001-2", "new", None),
    ]
    assert len({order["quote_id"] for order in found}) == 3

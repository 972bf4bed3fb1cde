"""Calls signed by OAuth 1.0a: the stand-in shop checks signatures as Magento does."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from handoff_sandbox.oauth_integration import ShopIntegration
from requests.auth import AuthBase

from handoff.deadline import Deadline
from handoff.magento.admin_access import AccessToken, build_oauth_signer
from handoff.magento.client import MagentoClient
from handoff.magento.orders import Orders, OrdersDenied
from handoff.magento.search_criteria import SearchFilter, build_search_criteria
from tests.magento.faulty_shop import faulty_shop
from tests.magento.shop_behaviours import behaves_first, forwards_to, hangs_up
from tests.running_servers import RunningShop

VALUES = [
    "2026-01-01 00:00:00",
    "1,2,3",
    "a+b",
    "%20 %2B",
    "x=y&z",
    "ü€😀",
    "~-._",
    "[a](b)",
    "50%",
    "'\"<>/?#:;@!$*",
    " ",
]


TOKEN_LENGTH = "The token length is invalid. Check the length and try again."


@pytest.fixture
def integration(shop: RunningShop) -> ShopIntegration:
    return shop.state.integration


def build_token(integration: ShopIntegration, **changes: str) -> AuthBase:
    """Build the token of the integration, with some of its values changed."""
    values = {
        "consumer_key": integration.consumer_key,
        "consumer_secret": integration.consumer_secret,
        "access_token": integration.token,
        "access_token_secret": integration.token_secret,
    }
    return build_oauth_signer(**{**values, **changes})


def search(client: MagentoClient, token: AuthBase, value: str = "1") -> Any:
    criteria = build_search_criteria(
        SearchFilter("increment_id", value), page_size=1, fields="items[increment_id],total_count"
    )
    return client.call_rest(
        "GET", "orders", store="default", token=token, params=criteria, deadline=Deadline.after(10)
    )


@pytest.mark.parametrize("value", VALUES)
def test_the_shop_accepts_the_signature_of_any_search(
    value: str, shop: RunningShop, integration: ShopIntegration
) -> None:
    assert search(MagentoClient(shop.url), build_token(integration), value).status == 200


def test_orders_are_read_and_commented_by_signed_calls(
    shop: RunningShop, integration: ShopIntegration
) -> None:
    masked_id = shop.create_guest_quote(("ITEM-01", 1))
    number = int(shop.call_rest("GET", f"guest-carts/{masked_id}")["id"])
    shop.place_order(f"guest-carts/{masked_id}")
    orders = Orders(MagentoClient(shop.url), AccessToken(build_token(integration)), store="default")
    [order] = orders.find_orders([number])
    assert orders.try_to_add_comment(order.order_id, "Poq reference: a b+c")
    assert orders.fetch_comments([order.order_id]) == {order.order_id: ["Poq reference: a b+c"]}


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"consumer_key": "x" * 32}, 401, "A consumer having the specified key does not exist"),
        ({"consumer_secret": "x" * 32}, 401, "The signature is invalid. Verify and try again."),
        ({"access_token": "x" * 32}, 401, "Specified token does not exist"),
        ({"access_token_secret": "x"}, 401, "The signature is invalid. Verify and try again."),
        (
            {"access_token": "x"},
            400,
            "The token length is invalid. Check the length and try again.",
        ),
    ],
)
def test_wrong_values_are_refused_as_magento_refuses_them(
    changes: dict[str, str],
    status: int,
    message: str,
    shop: RunningShop,
    integration: ShopIntegration,
) -> None:
    answer = search(MagentoClient(shop.url), build_token(integration, **changes))
    assert (answer.status, answer.message) == (status, message)


def test_a_refused_signature_is_a_right_that_is_missing(
    shop: RunningShop, integration: ShopIntegration
) -> None:
    token = build_token(integration, consumer_secret="x" * 32)
    orders = Orders(MagentoClient(shop.url), AccessToken(token), store="default")
    with pytest.raises(OrdersDenied):
        orders.find_orders_of_quote(999_999, deadline=Deadline.after(10))


def test_the_signature_covers_the_public_host_of_an_inner_address(
    shop: RunningShop, integration: ShopIntegration
) -> None:
    client = MagentoClient(shop.url, host="www.shop.example")
    assert search(client, build_token(integration)).status == 200


def test_a_repeated_call_has_a_signature_of_its_own(
    shop: RunningShop, integration: ShopIntegration
) -> None:
    """The shop takes a nonce once, also if its answer was lost."""
    with faulty_shop(behaves_first(1, hangs_up, forwards_to(shop.url))) as between:
        client = MagentoClient(between.url, host=shop.url.removeprefix("http://"))
        orders = Orders(client, AccessToken(build_token(integration)), store="default")
        assert orders.find_orders_of_quote(999_999, deadline=Deadline.after(10)) == []
        headers = [call.headers["authorization"] for call in between.calls]
    assert len(set(headers)) == 2
    assert not any(integration.consumer_secret in header for header in headers)


@pytest.fixture
def signed_call(shop: RunningShop, integration: ShopIntegration) -> requests.Request:
    url = f"{shop.url}/rest/default/V1/orders"
    params = {"searchCriteria[pageSize]": "1"}
    return requests.Request("GET", url, params=params, auth=build_token(integration))


@pytest.mark.parametrize(
    ("old", "new"),
    [("pageSize", "currentPage"), ("=1", "=2"), ("/default/", "/all/"), ("?", "?fields=a&")],
)
def test_an_altered_call_is_refused(signed_call: requests.Request, old: str, new: str) -> None:
    with requests.Session() as session:
        prepared = signed_call.prepare()
        assert prepared.url
        prepared.url = prepared.url.replace(old, new)
        assert session.send(prepared, timeout=10).status_code == 401


def test_a_call_is_accepted_once(signed_call: requests.Request) -> None:
    with requests.Session() as session:
        prepared = signed_call.prepare()
        assert session.send(prepared, timeout=10).status_code == 200
        again = session.send(prepared, timeout=10)
    assert again.status_code == 401
    assert again.json()["parameters"] == ["1"]


def test_a_token_alone_is_no_bearer_unless_the_shop_allows_it(
    shop: RunningShop, integration: ShopIntegration
) -> None:
    orders = Orders(MagentoClient(shop.url), AccessToken(integration.token), store="default")
    with pytest.raises(OrdersDenied):
        orders.find_orders_of_quote(999_999, deadline=Deadline.after(10))
    integration.accepts_bearer = True
    assert orders.find_orders_of_quote(999_999, deadline=Deadline.after(10)) == []

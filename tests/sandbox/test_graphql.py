"""GraphQL beyond what the recordings cover."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from handoff_sandbox.access_tokens import CUSTOMER, TokenUser
from handoff_sandbox.shop import SandboxShop

from tests.sandbox.scriptless_browser import create_quote

ADD = """mutation ($id: String!, $items: [CartItemInput!]!) {
  addProductsToCart(cartId: $id, cartItems: $items) {
    cart { total_quantity items { product { sku } } prices { grand_total { value } } }
    user_errors { code message }
  }
}"""


def ask(client: FlaskClient, query: str, bearer: str = "", **variables: object) -> Any:
    answer = client.post(
        "/graphql",
        json={"query": query, "variables": variables},
        headers={"Authorization": f"Bearer {bearer}"} if bearer else {},
    )
    assert answer.status_code == 200
    return answer.get_json()


def test_whole_amounts_are_written_without_a_fraction(
    client: FlaskClient, shop: SandboxShop
) -> None:
    quote = create_quote(shop, "ITEM-01")
    body = client.post(
        "/graphql",
        json={
            "query": "query ($id: String!) { cart(cart_id: $id) { total_quantity } }",
            "variables": {"id": quote.masked_id},
        },
    )
    assert '"total_quantity": 1}' in body.text


def test_valid_lines_are_added_even_if_one_is_refused(
    client: FlaskClient, shop: SandboxShop
) -> None:
    quote = create_quote(shop)
    items = [
        {"sku": "ITEM-01", "quantity": 2},
        {"sku": "ITEM-FEW", "quantity": 6},
        {"sku": "ITEM-02", "quantity": 1.5},
    ]
    data = ask(client, ADD, id=quote.masked_id, items=items)["data"]["addProductsToCart"]
    assert data["cart"]["items"] == [{"product": {"sku": "ITEM-01"}}]
    assert data["cart"]["prices"]["grand_total"]["value"] == 22
    codes = [error["code"] for error in data["user_errors"]]
    assert codes == ["INSUFFICIENT_STOCK", "UNDEFINED"]


def test_an_empty_list_of_items_is_an_error(client: FlaskClient, shop: SandboxShop) -> None:
    answer = ask(client, ADD, id=create_quote(shop).masked_id, items=[])
    [error] = answer["errors"]
    assert error["message"] == 'Required parameter "cartItems" is missing'
    assert error["extensions"] == {"category": "graphql-input"}
    assert answer["data"] == {"addProductsToCart": None}


def test_an_ordered_cart_is_no_longer_active(client: FlaskClient, shop: SandboxShop) -> None:
    quote = create_quote(shop, "ITEM-01")
    quote.active = False
    items = [{"sku": "ITEM-01", "quantity": 1}]
    answer = ask(client, ADD, id=quote.masked_id, items=items)
    assert answer["errors"][0]["extensions"]["category"] == "graphql-no-such-entity"


def test_only_the_customer_can_read_a_customers_cart(
    client: FlaskClient, shop: SandboxShop
) -> None:
    sam, olly = (shop.tokens.issue(TokenUser(number, CUSTOMER)) for number in (1, 2))
    masked_id = ask(client, "{ customerCart { id } }", sam)["data"]["customerCart"]["id"]
    query = "query ($id: String!) { cart(cart_id: $id) { id } }"
    assert ask(client, query, sam, id=masked_id)["data"]["cart"]["id"] == masked_id
    for bearer in ("", olly):
        answer = ask(client, query, bearer, id=masked_id)
        assert answer["errors"][0]["extensions"]["category"] == "graphql-authorization"


def test_a_customers_cart_can_be_read_over_rest_by_its_masked_id(
    client: FlaskClient, shop: SandboxShop
) -> None:
    sam = shop.tokens.issue(TokenUser(1, CUSTOMER))
    masked_id = ask(client, "mutation { createEmptyCart }", sam)["data"]["createEmptyCart"]
    quote = client.get(f"/rest/V1/guest-carts/{masked_id}").get_json()
    assert quote["customer_is_guest"] is False
    assert quote["customer"]["email"] == "shopper@example.com"


def test_a_merged_guest_cart_is_closed_and_keeps_its_masked_id(
    client: FlaskClient, shop: SandboxShop
) -> None:
    guest = create_quote(shop, "ITEM-01")
    merge = "mutation ($id: String!) { mergeCarts(source_cart_id: $id) { total_quantity } }"
    assert "errors" in ask(client, merge, id=guest.masked_id)
    bearer = shop.tokens.issue(TokenUser(1, CUSTOMER))
    data = ask(client, merge, bearer, id=guest.masked_id)["data"]
    assert data == {"mergeCarts": {"total_quantity": 1}}
    shown = client.get(f"/rest/V1/guest-carts/{guest.masked_id}").get_json()
    assert (shown["is_active"], shown["customer_is_guest"]) == (False, True)
    assert not shown.keys() & {"items", "reserved_order_id"}


@pytest.mark.parametrize("query", ["", "{", "nonsense"])
def test_an_unparsable_query_is_a_500(client: FlaskClient, query: str) -> None:
    assert client.post("/graphql", json={"query": query}).status_code == 500
    assert client.post("/graphql", data=b"no json").status_code == 500

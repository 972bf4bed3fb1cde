"""searchCriteria and the `fields` parameter."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from handoff_sandbox.access_tokens import ADMIN, TokenUser
from handoff_sandbox.shop import SandboxShop

FILTER = "searchCriteria[filterGroups][0][filters][0]"


def search_products(client: FlaskClient, shop: SandboxShop, query: str) -> Any:
    headers = {"Authorization": f"Bearer {shop.tokens.issue(TokenUser(1, ADMIN))}"}
    return client.get(f"/rest/V1/products?{query}", headers=headers).get_json()


def list_skus(answer: Any) -> list[str]:
    return [item["sku"] for item in answer["items"]]


@pytest.mark.parametrize(
    ("condition", "value", "found"),
    [
        ("eq", "ITEM-03", ["ITEM-03"]),
        ("in", "ITEM-03,ITEM-FEW", ["ITEM-03", "ITEM-FEW"]),
        ("like", "%few%", ["ITEM-FEW"]),
        ("gt", "ITEM-FEW", ["ITEM-OOS", "ITEM-OFF"]),
    ],
)
def test_a_filter_finds_the_products_of_its_condition(
    client: FlaskClient, shop: SandboxShop, condition: str, value: str, found: list[str]
) -> None:
    query = f"{FILTER}[field]=sku&{FILTER}[value]={value}&{FILTER}[conditionType]={condition}"
    assert list_skus(search_products(client, shop, query)) == found


def test_results_are_sorted_before_they_are_paged(client: FlaskClient, shop: SandboxShop) -> None:
    order = "searchCriteria[sortOrders][0]"
    query = f"{order}[field]=price&{order}[direction]=desc"
    query += "&searchCriteria[pageSize]=2&searchCriteria[currentPage]=2"
    answer = search_products(client, shop, query)
    assert list_skus(answer) == ["ITEM-OOS", "ITEM-20"]
    assert answer["total_count"] == 23


def test_search_criteria_in_snake_case_are_accepted(client: FlaskClient, shop: SandboxShop) -> None:
    assert len(list_skus(search_products(client, shop, "search_criteria[page_size]=4"))) == 4


def test_the_fields_parameter_selects_at_any_depth(client: FlaskClient, shop: SandboxShop) -> None:
    query = "searchCriteria[pageSize]=1&fields=items[sku,extension_attributes[website_ids]]"
    assert search_products(client, shop, query) == {
        "items": [{"sku": "ITEM-01", "extension_attributes": {"website_ids": [1]}}]
    }

"""Transfers of quotes that are no longer active: ordered, cancelled, or merged into another."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from handoff_sandbox.rest.quote_serializers import serialize_quote
from pydantic import SecretStr

from handoff.deadline import Deadline
from handoff.magento.order_models import Order
from handoff.magento.orders import Orders
from handoff.problems import ShopUnavailable
from tests.conftest import MakeApp, Poq
from tests.running_servers import RunningShop
from tests.transfer.test_views import read_problem

RIGHT_TO_READ_ORDERS = {
    "magento_admin_username": "admin",
    "magento_admin_password": SecretStr("Admin123!"),
}


def test_409_for_an_ordered_guest_quote(poq: Poq, shop: RunningShop) -> None:
    quote_id = shop.create_guest_quote(("ITEM-01", 1))
    shop.place_order(f"guest-carts/{quote_id}")
    read_problem(poq.transfer({"quote_id": quote_id}), 409, "quote_ordered")


@pytest.mark.parametrize("access", [{}, RIGHT_TO_READ_ORDERS])
def test_404_for_a_guest_quote_that_was_merged_into_a_customers(
    make_app: MakeApp, shop: RunningShop, access: dict[str, Any]
) -> None:
    merged = merge_guest_quote(shop)
    answer = Poq(make_app(**access).test_client()).transfer({"quote_id": merged})
    read_problem(answer, 404, "quote_not_found")
    assert "merged" in answer.get_json()["detail"]


def merge_guest_quote(shop: RunningShop) -> str:
    """Merge a guest's quote into a customer's, as apps do, and return its masked id."""
    masked_id = shop.create_guest_quote(("ITEM-01", 1))
    answer = requests.post(
        f"{shop.url}/graphql",
        json={"query": f'mutation {{ mergeCarts(source_cart_id: "{masked_id}") {{ id }} }}'},
        headers={"Authorization": f"Bearer {shop.log_in_customer()}"},
        timeout=10,
    )
    assert "errors" not in answer.json()
    return masked_id


def test_a_cancelled_order_is_no_order_of_a_closed_guest_quote(
    make_app: MakeApp, poq: Poq, shop: RunningShop
) -> None:
    quote_id = shop.create_guest_quote(("ITEM-01", 1))
    shop.place_order(f"guest-carts/{quote_id}")
    order = shop.state.orders.by_id[1]
    shop.state.orders.cancel_order(order)
    knowing = Poq(make_app(**RIGHT_TO_READ_ORDERS).test_client())
    read_problem(knowing.transfer({"quote_id": quote_id}), 404, "quote_not_found")
    read_problem(
        poq.transfer({"quote_id": quote_id}), 409, "quote_ordered"
    )  # as far as it can tell
    shop.state.quotes.restore(order.quote)
    for each in (knowing, poq):
        assert each.transfer({"quote_id": quote_id}).status_code == 200
    shop.place_order(f"guest-carts/{quote_id}")
    for each in (knowing, poq):
        read_problem(each.transfer({"quote_id": quote_id}), 409, "quote_ordered")


def test_without_an_accepted_login_the_reserved_order_number_decides(
    make_app: MakeApp, shop: RunningShop
) -> None:
    wrong = {**RIGHT_TO_READ_ORDERS, "magento_admin_password": SecretStr("wrong")}
    poq = Poq(make_app(**wrong).test_client())
    ordered = shop.create_guest_quote(("ITEM-01", 1))
    shop.place_order(f"guest-carts/{ordered}")
    read_problem(poq.transfer({"quote_id": ordered}), 409, "quote_ordered")
    read_problem(poq.transfer({"quote_id": merge_guest_quote(shop)}), 404, "quote_not_found")


def test_503_if_the_shop_does_not_answer_the_search_for_orders(
    make_app: MakeApp, shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Orders, quote_number: int, *, deadline: Deadline) -> list[Order]:
        raise ShopUnavailable

    poq = Poq(make_app(**RIGHT_TO_READ_ORDERS).test_client())
    monkeypatch.setattr(Orders, "find_orders_of_quote", fail)
    read_problem(poq.transfer({"quote_id": merge_guest_quote(shop)}), 503, "shop_unavailable")


def test_a_quote_without_a_customer_is_a_guests_whatever_its_flag_says(
    poq: Poq, shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    quote_id = shop.create_guest_quote(("ITEM-01", 1))

    def deny_guest(*args: Any, **options: Any) -> dict[str, Any]:
        return {**serialize_quote(*args, **options), "customer_is_guest": False}

    monkeypatch.setattr("handoff_sandbox.rest.store_scope.serialize_quote", deny_guest)
    assert poq.transfer({"quote_id": quote_id}).status_code == 200


def test_a_customers_quote_by_its_masked_id_is_not_a_guests(poq: Poq, shop: RunningShop) -> None:
    number = shop.fill_customer_quote(shop.log_in_customer(), ("ITEM-01", 1))
    masked_id = shop.state.quotes.ensure_masked_id(shop.state.quotes.by_number[number])
    read_problem(poq.transfer({"quote_id": masked_id}), 404, "quote_not_found")


def test_409_for_an_ordered_customer_quote_with_the_right_to_read_orders(
    make_app: MakeApp, poq: Poq, shop: RunningShop
) -> None:
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, ("ITEM-01", 1))
    shop.place_order("carts/mine", token=token)
    request = {"quote_id": number, "token": token}
    read_problem(poq.transfer(request), 404, "quote_not_found")
    knowing = Poq(make_app(**RIGHT_TO_READ_ORDERS).test_client())
    read_problem(knowing.transfer(request), 409, "quote_ordered")
    stranger = {"quote_id": number, "token": shop.log_in_customer("other@example.com")}
    read_problem(knowing.transfer(stranger), 404, "quote_not_found")
    shop.fill_customer_quote(token, ("ITEM-02", 1))  # a new quote, after the order
    read_problem(knowing.transfer(request), 409, "quote_ordered")
    shop.state.orders.cancel_order(shop.state.orders.by_id[1])
    read_problem(knowing.transfer(request), 404, "quote_not_found")

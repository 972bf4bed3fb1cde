"""The calls to the shop: choose products, create an account, place an order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from handoff_sandbox.rest import cart_operations

from handoff.rehearsal.app_cart_client import AppCartClient
from handoff.rehearsal.app_shop_client import AppShopClient
from handoff.rehearsal.customer_account import TemporaryAccount
from handoff.rehearsal.order_placement import place_order
from handoff.rehearsal.product_choice import choose_products
from handoff.rehearsal.results import StepFailure
from handoff.undo_stack import UndoStack
from tests.running_servers import RunningShop


def test_products_are_found_without_an_administrator(
    plain_app: AppShopClient, undo_stack: UndoStack
) -> None:
    first, second = choose_products(plain_app, (), undo_stack)
    assert {first, second} <= {f"ITEM-{number:02d}" for number in range(1, 21)}
    assert first != second


def test_only_products_of_which_a_cart_takes_two_are_chosen(
    shop: RunningShop, plain_app: AppShopClient, undo_stack: UndoStack
) -> None:
    sold = {"ITEM-07", "ITEM-11"}
    for product in shop.state.catalogue.products:
        product.stock = Decimal(5 if product.sku in sold else 1)
    assert set(choose_products(plain_app, (), undo_stack)) == sold
    undo_stack.undo_all()
    assert not any(quote.lines for quote in shop.state.quotes.by_number.values())


def test_products_with_enough_for_an_order_and_a_cart_after_it_come_first(
    shop: RunningShop, plain_app: AppShopClient, undo_stack: UndoStack
) -> None:
    plentiful = {"ITEM-07", "ITEM-11"}
    for product in shop.state.catalogue.products:
        product.stock = Decimal(4 if product.sku in plentiful else 3)
    assert set(choose_products(plain_app, (), undo_stack)) == plentiful


def test_one_product_with_enough_for_an_order_goes_with_a_scarcer_one(
    shop: RunningShop, plain_app: AppShopClient, undo_stack: UndoStack
) -> None:
    for product in shop.state.catalogue.products:
        product.stock = Decimal({"ITEM-02": 3, "ITEM-07": 4}.get(product.sku, 1))
    assert choose_products(plain_app, (), undo_stack) == ("ITEM-07", "ITEM-02")


def test_a_quantity_that_the_shop_refuses_is_no_matter_of_a_firewall(
    shop: RunningShop, plain_app: AppShopClient
) -> None:
    product = shop.state.catalogue.find_by_sku("ITEM-01")
    assert product is not None
    product.stock = Decimal(1)
    cart = AppCartClient.create_for_guest(plain_app)
    with pytest.raises(StepFailure) as added:
        cart.add_item("ITEM-01", 2)
    item_id = cart.add_item("ITEM-01", 1)
    with pytest.raises(StepFailure) as changed:
        cart.change_quantity(item_id, 2)
    for failure in (added.value, changed.value):
        assert failure.actual.startswith("400 ")
        assert "--sku" in failure.advice
        assert "firewall" not in failure.advice


def test_without_graphql_products_are_found_as_administrator(
    admin_app: AppShopClient, undo_stack: UndoStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AppShopClient, "call_graphql", lambda *_: None)
    assert choose_products(admin_app, (), undo_stack) == ("ITEM-01", "ITEM-02")


def test_a_shop_that_sells_nothing_is_explained(
    shop: RunningShop, admin_app: AppShopClient, undo_stack: UndoStack
) -> None:
    for product in shop.state.catalogue.products:
        product.stock = Decimal(0)
    with pytest.raises(StepFailure) as failure:
        choose_products(admin_app, (), undo_stack)
    assert failure.value.actual.startswith("0 of the first")
    assert "--sku" in failure.value.advice


@pytest.mark.parametrize("sku", ["ITEM-OOS", "NO-SUCH"])
def test_a_given_product_that_is_not_for_sale_is_named(
    plain_app: AppShopClient, undo_stack: UndoStack, sku: str
) -> None:
    with pytest.raises(StepFailure) as failure:
        choose_products(plain_app, ("ITEM-01", sku), undo_stack)
    assert sku in failure.value.expected


def test_an_account_is_deleted_even_if_its_creation_was_not_answered(
    shop: RunningShop,
    admin_app: AppShopClient,
    undo_stack: UndoStack,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    require = AppShopClient.call_or_fail

    def lose_the_answer(self: AppShopClient, method: str, path: str, **options: Any) -> Any:
        body = require(self, method, path, **options)
        if path == "customers":
            raise StepFailure("an answer", "none", "shop_problem")
        return body

    monkeypatch.setattr(AppShopClient, "call_or_fail", lose_the_answer)
    account = TemporaryAccount(admin_app, undo_stack)
    with pytest.raises(StepFailure):
        account.ensure_exists()
    assert account.email in shop.state.accounts.customers.by_name
    assert undo_stack.undo_all() == ()
    assert account.email not in shop.state.accounts.customers.by_name


def test_a_password_is_not_in_the_repr(admin_app: AppShopClient, undo_stack: UndoStack) -> None:
    account = TemporaryAccount(admin_app, undo_stack)
    assert account._password not in repr(account)


def test_a_shop_without_an_offline_payment_method_is_explained(
    plain_app: AppShopClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cart_operations, "PAYMENT_METHODS", [{"code": "cards", "title": "Cards"}])
    cart = AppCartClient.create_for_guest(plain_app)
    cart.add_item("ITEM-01", 1)
    with pytest.raises(StepFailure) as failure:
        place_order(plain_app, cart, country="GB", email="handoff-rehearsal@example.com")
    assert failure.value.actual == "the shop offers cards"


def test_a_masked_id_is_not_in_a_failure(plain_app: AppShopClient) -> None:
    cart = AppCartClient(plain_app, masked_id="A" * 32)
    with pytest.raises(StepFailure) as failure:
        cart.read_priced_lines()
    assert failure.value.expected == "GET /guest-carts/{cartId}/items to work"

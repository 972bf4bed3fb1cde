"""What a rehearsal asks of the shop: products that can be bought, an account, an order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from handoff_sandbox.rest import cart_calls

from handoff.rehearsal.account import MadeAccount
from handoff.rehearsal.carts import Cart
from handoff.rehearsal.cleanup import Cleanup
from handoff.rehearsal.outcome import Unexpected
from handoff.rehearsal.products import choose
from handoff.rehearsal.purchase import buy
from handoff.rehearsal.shop import Shop
from tests.running import RunningShop


def test_products_are_found_without_any_right(publics_shop: Shop, cleanup: Cleanup) -> None:
    first, second = choose(publics_shop, (), cleanup)
    assert {first, second} <= {f"ITEM-{number:02d}" for number in range(1, 21)}
    assert first != second


def test_only_what_goes_into_a_cart_twice_is_chosen(
    shop: RunningShop, publics_shop: Shop, cleanup: Cleanup
) -> None:
    kept = {"ITEM-07", "ITEM-11"}
    for product in shop.inside.catalogue.products:
        product.stock = Decimal(5 if product.sku in kept else 1)
    assert set(choose(publics_shop, (), cleanup)) == kept
    cleanup.run()
    assert not any(quote.lines for quote in shop.inside.quotes.by_number.values())


def test_without_graphql_an_administrator_finds_them(
    app_shop: Shop, cleanup: Cleanup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shop, "graphql", lambda *_: None)
    assert choose(app_shop, (), cleanup) == ("ITEM-01", "ITEM-02")


def test_an_empty_shop_is_explained(shop: RunningShop, app_shop: Shop, cleanup: Cleanup) -> None:
    for product in shop.inside.catalogue.products:
        product.stock = Decimal(0)
    with pytest.raises(Unexpected) as failure:
        choose(app_shop, (), cleanup)
    assert failure.value.came.startswith("0 of the first")
    assert "--sku" in failure.value.todo


@pytest.mark.parametrize("sku", ["ITEM-OOS", "NO-SUCH"])
def test_a_named_product_that_is_not_to_be_had_is_named(
    publics_shop: Shop, cleanup: Cleanup, sku: str
) -> None:
    with pytest.raises(Unexpected) as failure:
        choose(publics_shop, ("ITEM-01", sku), cleanup)
    assert sku in failure.value.expected


def test_an_account_whose_making_was_not_answered_is_removed_all_the_same(
    shop: RunningShop, app_shop: Shop, cleanup: Cleanup, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Shop.ask

    def lose_the_answer(self: Shop, method: str, path: str, **options: Any) -> Any:
        given = ask(self, method, path, **options)
        if path == "customers":
            raise Unexpected("an answer", "none", "Try again.")
        return given

    monkeypatch.setattr(Shop, "ask", lose_the_answer)
    account = MadeAccount(app_shop, cleanup)
    with pytest.raises(Unexpected):
        account.open()
    assert account.login.email in shop.inside.people.customers.by_name
    assert cleanup.run() == ()
    assert account.login.email not in shop.inside.people.customers.by_name


def test_a_password_stays_out_of_what_is_shown(app_shop: Shop, cleanup: Cleanup) -> None:
    login = MadeAccount(app_shop, cleanup).login
    assert login.password not in repr(login)


def test_a_shop_without_an_offline_payment_is_told_so(
    publics_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cart_calls, "PAYMENT_METHODS", [{"code": "cards", "title": "Cards"}])
    cart = Cart.for_guest(publics_shop)
    cart.add("ITEM-01", 1)
    with pytest.raises(Unexpected) as failure:
        buy(publics_shop, cart, country="GB", email="handoff-rehearsal@example.com")
    assert failure.value.came == "the shop offers cards"


def test_a_masked_id_stays_out_of_what_is_shown(publics_shop: Shop) -> None:
    cart = Cart.of_guest(publics_shop, "A" * 32)
    with pytest.raises(Unexpected) as failure:
        cart.lines()
    assert failure.value.expected == "GET /guest-carts/{cartId}/items to work"

"""Quotes through the stand-in shop: created, refused and read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from handoff.deadline import Deadline
from handoff.magento.quotes import NoActiveQuote, Quotes
from handoff.problems import CustomerTokenRejected, LinesRefused, QuoteNotFound, StoreNotServed
from handoff.settings.store_view_models import StoreView
from tests.conftest import STORE
from tests.magento.created_quotes import BRITISH, create_quote, find_refusals, list_quantities
from tests.magento.faulty_shop import Behaviour, Call, FaultyShop
from tests.magento.shop_behaviours import (
    NEVER_STORED,
    answers,
    answers_page,
    behaves_if,
    forwards_to,
)
from tests.running_servers import MAGENTO_VERSIONS, RunningShop, running_shop


@pytest.fixture(scope="module", params=MAGENTO_VERSIONS)
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningShop]:
    """A stand-in shop of each version of Magento."""
    sessions = tmp_path_factory.mktemp("shop") / "sessions"
    with running_shop(sessions, magento=request.param) as shop:
        yield shop


def forwards_all_but_graphql(shop: RunningShop, instead: Behaviour) -> Behaviour:
    """Behave in another way at GraphQL."""
    return behaves_if(lambda call: call.path == "/graphql", instead, forwards_to(shop.url))


@pytest.mark.parametrize("count", [1, 2, 3, 20])
def test_creating_a_quote_needs_two_calls(quotes: Quotes, between: FaultyShop, count: int) -> None:
    lines = [(f"ITEM-{number:02d}", number) for number in range(1, count + 1)]
    assert list_quantities(create_quote(quotes, *lines)) == dict(lines)
    assert [call.method for call in between.calls] == ["POST", "GET"]


@pytest.mark.parametrize(
    "graphql",
    [
        answers_page(404),
        answers_page(403),
        answers(404, {"message": "Request does not match any route."}),
        answers(200, None),
        answers(200, []),
        answers(200, {"data": None, "errors": [{"message": "not here"}]}),
        answers(200, {"data": {"createEmptyCart": None, "round0": None}}),
        answers(200, {"data": {"createEmptyCart": "another-id", "round0": {}}}),
    ],
    ids=["a page", "shut away", "no route", "null", "a list", "errors", "no cart", "another cart"],
)
def test_without_graphql_rest_fills_the_same_cart(
    quotes: Quotes, between: FaultyShop, shop: RunningShop, graphql: Behaviour
) -> None:
    lines = [("ITEM-01", 2), ("ITEM-02", 1), ("ITEM-03", 5)]
    with_graphql = list_quantities(create_quote(quotes, *lines))
    between.behaviour = forwards_all_but_graphql(shop, graphql)
    assert list_quantities(create_quote(quotes, *lines)) == with_graphql == dict(lines)


def test_without_graphql_refused_lines_are_named_too(
    quotes: Quotes, between: FaultyShop, shop: RunningShop
) -> None:
    lines = [("ITEM-01", 2), ("NO-SUCH", 1), ("ITEM-OOS", 1)]
    with_graphql = find_refusals(quotes, *lines)
    between.behaviour = forwards_all_but_graphql(shop, answers_page(404))
    assert find_refusals(quotes, *lines) == with_graphql


@pytest.mark.parametrize("others", [(), (("ITEM-02", 1),), (("ITEM-02", 1), ("ITEM-03", 4))])
def test_a_sku_in_another_case_is_the_same_sku(
    quotes: Quotes, others: tuple[tuple[str, int], ...]
) -> None:
    assert list_quantities(create_quote(quotes, ("item-01", 2), *others)) == {
        "ITEM-01": 2,
        **dict(others),
    }


def test_a_line_that_graphql_leaves_out_is_tried_over_rest(
    quotes: Quotes, between: FaultyShop, shop: RunningShop
) -> None:
    """A real shop's GraphQL wants a sku in the catalogue's own spelling."""
    stand_in = forwards_to(shop.url)

    def wants_capitals(call: Call) -> None:
        asked = call.json
        items = asked["variables"].get("items0", ())
        asked["variables"]["items0"] = [item for item in items if item["sku"].isupper()]
        call.body = json.dumps(asked).encode()
        stand_in(call)

    between.behaviour = forwards_all_but_graphql(shop, wants_capitals)
    lines = [("ITEM-01", 2), ("item-02", 3), ("ITEM-03", 1), ("Item-04", 1)]
    assert list_quantities(create_quote(quotes, *lines)) == {
        sku.upper(): quantity for sku, quantity in lines
    }
    added = [call.json["cartItem"]["sku"] for call in between.calls if "/items" in call.path]
    assert added == ["item-02", "Item-04"]


REFUSED = {
    ("NO-SUCH", 1): "unknown_sku",
    ("ITEM-OOS", 1): "unavailable",
    ("ITEM-OFF", 1): "unavailable",
    ("ITEM-FEW", 6): "quantity_unavailable",
    ("ITEM 01", 1): "unknown_sku",
    (" ITEM-01", 1): "unknown_sku",
    ("ITEM-03 ", 1): "sku_differs",
    ("ITÉM-03", 1): "sku_differs",
    ("İtem-03  ", 1): "sku_differs",
    ("ITEM-01/../ITEM-02", 1): "unknown_sku",
}


@pytest.mark.parametrize(("line", "code"), REFUSED.items())
def test_a_refused_line_is_named_with_its_reason(
    quotes: Quotes, line: tuple[str, int], code: str
) -> None:
    assert find_refusals(quotes, line) == {line[0]: code}


@pytest.mark.parametrize(("line", "code"), REFUSED.items())
def test_a_refused_line_among_others_is_the_only_one_named(
    quotes: Quotes, line: tuple[str, int], code: str
) -> None:
    assert find_refusals(quotes, ("ITEM-01", 2), line, ("ITEM-02", 1)) == {line[0]: code}


def test_a_sku_that_the_shop_takes_for_another_is_refused_without_graphql_too(
    quotes: Quotes, between: FaultyShop, shop: RunningShop
) -> None:
    between.behaviour = forwards_all_but_graphql(shop, answers_page(404))
    with pytest.raises(LinesRefused) as refused:
        create_quote(quotes, ("ITEM-01", 1), ("ÍTEM-01 ", 2))
    [fault] = refused.value.faults
    assert (fault.sku, fault.code) == ("ÍTEM-01 ", "sku_differs")
    assert fault.detail.endswith("It is: ITEM-01")


def test_all_refused_lines_are_named_in_the_order_of_the_bag(quotes: Quotes) -> None:
    named = find_refusals(quotes, ("ITEM-01", 1), *REFUSED, ("ITEM-02", 1))
    assert named == {sku: code for (sku, _), code in REFUSED.items()}
    assert list(named) == [sku for sku, _ in REFUSED]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("You need to choose options for your item.", "options_required"),
        ("The product's required option(s) weren't entered.", "options_required"),
        ("Product that you are trying to add is not available.", "unavailable"),
        ("This product is out of stock.", "unavailable"),
        ("The requested qty is not available", "quantity_unavailable"),
        ("The most you may purchase is 5.", "quantity_too_large"),
        ("The fewest you may purchase is 2.", "quantity_too_small"),
        ("You can buy this product only in quantities of 4 at a time.", "quantity_step"),
        ("Please specify product option(s).", "bundle_options_required"),
        ("Please specify product link(s).", "links_required"),
        ("Dieses Produkt ist nicht verfügbar.", "refused"),
    ],
)
def test_magentos_message_decides_the_code_and_is_not_repeated(
    quotes: Quotes, between: FaultyShop, shop: RunningShop, words: str, code: str
) -> None:
    between.behaviour = behaves_if(
        lambda call: call.path.endswith("/items"),
        answers(400, {"message": words}, NEVER_STORED),
        forwards_all_but_graphql(shop, answers_page(404)),
    )
    with pytest.raises(LinesRefused) as refused:
        create_quote(quotes, ("ITEM-01", 1))
    [fault] = refused.value.faults
    assert (fault.sku, fault.code) == ("ITEM-01", code)
    assert words not in fault.detail


@pytest.mark.parametrize("quantity", [1, 2, 10, 9_999, 10_000])
@pytest.mark.parametrize("others", [(), (("ITEM-02", 1),)])
def test_a_quantity_arrives_as_it_was_sent(
    quotes: Quotes, quantity: int, others: tuple[tuple[str, int], ...]
) -> None:
    assert list_quantities(create_quote(quotes, ("ITEM-01", quantity), *others)) == {
        "ITEM-01": quantity,
        **dict(others),
    }


def test_quantities_are_sent_as_whole_numbers(
    quotes: Quotes, between: FaultyShop, shop: RunningShop
) -> None:
    between.behaviour = forwards_all_but_graphql(shop, answers_page(404))
    create_quote(quotes, ("ITEM-01", 1), ("ITEM-02", 10_000))
    sent = [call.json["cartItem"]["qty"] for call in between.calls if "/items" in call.path]
    assert sent == [1, 10_000]
    assert all(type(quantity) is int for quantity in sent)


@pytest.mark.parametrize("quantity", [1, 1.5, "2.0000", 1e3])
def test_a_quantity_is_read_however_the_shop_writes_it(
    quotes: Quotes, between: FaultyShop, quantity: Any
) -> None:
    between.behaviour = answers(200, build_guest_cart(qty=quantity))
    quote = quotes.fetch_guest_quote("x" * 32, deadline=Deadline.after(8))
    [line] = quote.lines
    assert (line.sku, line.quantity) == ("ITEM-01", Decimal(str(quantity)))


def test_lines_are_added_to_one_cart_one_after_the_other(
    quotes: Quotes, between: FaultyShop, shop: RunningShop
) -> None:
    stand_in = forwards_to(shop.url)

    def takes_its_time(call: Call) -> None:
        call.wait(0.05)
        stand_in(call)

    between.behaviour = behaves_if(
        lambda call: call.path == "/graphql",
        answers_page(404),
        behaves_if(lambda call: "/items" in call.path, takes_its_time, stand_in),
    )
    lines = [(f"ITEM-{number:02d}", 1) for number in range(1, 7)]
    assert list_quantities(create_quote(quotes, *lines)) == dict(lines)
    adds = [call for call in between.calls if "/items" in call.path]
    assert len(adds) == 6
    for one, next_one in pairwise(adds):
        assert one.ended is not None
        assert one.ended <= next_one.began


def test_a_customers_cart_is_not_found_by_its_masked_id(
    quotes: Quotes, between: FaultyShop
) -> None:
    between.behaviour = answers(200, build_guest_cart(customer_is_guest=False, customer={"id": 1}))
    with pytest.raises(QuoteNotFound):
        quotes.fetch_guest_quote("x" * 32, deadline=Deadline.after(8))


@pytest.mark.parametrize("flag", [True, False, None])
def test_a_cart_belongs_to_a_guest_if_it_has_no_customer_whatever_its_flag_says(
    quotes: Quotes, between: FaultyShop, flag: bool | None
) -> None:
    between.behaviour = answers(200, build_guest_cart(customer_is_guest=flag))
    assert quotes.fetch_guest_quote("x" * 32, deadline=Deadline.after(8)).customer is None
    customer = {"id": 1, "group_id": 1}
    between.behaviour = answers(200, build_guest_cart(customer_is_guest=flag, customer=customer))
    with pytest.raises(QuoteNotFound):
        quotes.fetch_guest_quote("x" * 32, deadline=Deadline.after(8))


def test_a_customers_quote_is_read_with_its_number_customer_and_group(
    quotes: Quotes, shop: RunningShop
) -> None:
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, ("ITEM-04", 2))
    quote = quotes.fetch_customer_quote(token, store=BRITISH, deadline=Deadline.after(8))
    assert quote.number == number
    assert quote.customer is not None
    assert (quote.customer.customer_id, quote.customer.group_id) == (1, 1)
    assert {line.sku: line.quantity for line in quote.lines}["ITEM-04"] == 2


def test_a_token_that_is_not_a_customers_is_rejected(quotes: Quotes, shop: RunningShop) -> None:
    login = {"username": "admin", "password": "Admin123!"}
    admin = str(shop.call_rest("POST", "integration/admin/token", body=login))
    for token in ("garbage", admin):
        with pytest.raises(CustomerTokenRejected):
            quotes.fetch_customer_quote(token, store=BRITISH, deadline=Deadline.after(8))


def test_a_store_view_that_the_shop_does_not_have_is_not_served(quotes: Quotes) -> None:
    unknown = StoreView.model_validate({**STORE, "code": "no_such"})
    with pytest.raises(StoreNotServed, match="store_not_served"):
        quotes.fetch_customer_quote("garbage", store=unknown, deadline=Deadline.after(8))


def test_a_customer_without_a_quote_is_known_by_id(quotes: Quotes, shop: RunningShop) -> None:
    token = shop.log_in_customer("other@example.com")
    with pytest.raises(NoActiveQuote) as none:
        quotes.fetch_customer_quote(token, store=BRITISH, deadline=Deadline.after(8))
    assert none.value.customer_id == 2


def build_guest_cart(*, qty: Any = 1, **changes: Any) -> dict[str, Any]:
    """Return a guest's cart as the shop writes it."""
    return {
        "id": 7,
        "is_active": True,
        "store_id": 1,
        "items": [{"item_id": 1, "sku": "ITEM-01", "qty": qty, "price": 11}],
        "customer": {},
        "currency": {"quote_currency_code": "GBP"},
        "customer_is_guest": True,
        **changes,
    }

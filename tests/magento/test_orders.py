"""Orders of the shop, found by their quote, with an access token or an administrator's login."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from handoff_sandbox.orders import SandboxOrder

from handoff.deadline import Deadline
from handoff.magento.admin_access import AccessToken, AdminAccess, AdminLogin
from handoff.magento.client import MagentoClient, ShopDropped
from handoff.magento.order_models import Order, OrderTotals, is_quote_ordered
from handoff.magento.orders import Orders, OrdersDenied
from handoff.problems import ShopTimeout, ShopUnavailable
from tests.magento.faulty_shop import Behaviour, Call, FaultyShop
from tests.magento.shop_behaviours import (
    answers,
    answers_late,
    answers_page,
    behaves_first,
    behaves_if,
    forwards_to,
    refuses,
    resets,
)
from tests.running_servers import RunningShop

ADMIN = {"username": "admin", "password": "Admin123!"}
ADDRESS = {
    "firstname": "Sam",
    "lastname": "Shopper",
    "street": ["1 High Street"],
    "city": "London",
    "postcode": "N1 1AA",
    "countryId": "GB",
    "telephone": "020",
    "email": "guest@example.com",
}
ORDER = {
    "entity_id": 9,
    "increment_id": "000000009",
    "quote_id": 1,
    "order_currency_code": "GBP",
    "grand_total": 16,
    "subtotal": 11,
}
LOGIN = "POST /rest/default/V1/integration/admin/token"
ASK = "GET /rest/default/V1/orders"


@pytest.fixture
def ordered(shop: RunningShop) -> int:
    """The number of a guest's quote that has become an order."""
    masked_id = shop.create_guest_quote(("ITEM-01", 1))
    number = int(shop.call_rest("GET", f"guest-carts/{masked_id}")["id"])
    shipping = {
        "shippingAddress": ADDRESS,
        "billingAddress": ADDRESS,
        "shippingCarrierCode": "flatrate",
        "shippingMethodCode": "flatrate",
    }
    path = f"guest-carts/{masked_id}"
    shop.call_rest("POST", f"{path}/shipping-information", body={"addressInformation": shipping})
    payment = {"email": "guest@example.com", "paymentMethod": {"method": "checkmo"}}
    shop.call_rest("POST", f"{path}/payment-information", body=payment)
    return number


def build_orders_client(between: FaultyShop, access: AdminAccess | None = None) -> Orders:
    client = MagentoClient(between.url)
    login = AdminLogin(client, ADMIN["username"], ADMIN["password"], "default")
    return Orders(client, access or login, store="default")


def find_orders(orders: Orders, number: int) -> list[Order]:
    return orders.find_orders_of_quote(number, deadline=Deadline.after(8))


def is_order_search(call: Call) -> bool:
    return "/orders" in call.path


def forwards_all_but_order_search(shop: RunningShop, behaviour: Behaviour) -> Behaviour:
    """Behave in another way at a search for orders."""
    return behaves_if(is_order_search, behaviour, forwards_to(shop.url))


def test_an_order_is_found_by_the_quote_it_came_from(between: FaultyShop, ordered: int) -> None:
    [order] = find_orders(build_orders_client(between), ordered)
    assert order.quote_number == ordered
    assert order.number.isdigit()
    assert order.customer_id is None
    assert (order.state, order.replaced_by, order.is_cancelled) == ("new", None, False)
    assert order.created_at is not None
    assert abs(order.created_at.timestamp() - time.time()) < 3600
    assert order.totals == OrderTotals("GBP", *map(Decimal, (16, 11, 5, 0, 0)))


def test_a_quote_that_was_not_ordered_has_no_order(between: FaultyShop) -> None:
    assert find_orders(build_orders_client(between), 999_999) == []


def test_the_administrator_logs_in_once_for_many_searches(
    between: FaultyShop, ordered: int
) -> None:
    asking = build_orders_client(between)
    for _ in range(3):
        assert find_orders(asking, ordered)
    assert between.paths() == [LOGIN, ASK, ASK, ASK]


def test_a_login_that_has_run_out_is_renewed_and_the_question_asked_again(
    between: FaultyShop, shop: RunningShop, ordered: int
) -> None:
    asking = build_orders_client(between)
    assert find_orders(asking, ordered)
    between.calls.clear()
    between.behaviour = forwards_all_but_order_search(
        shop, behaves_first(1, refuses(401), forwards_to(shop.url))
    )
    assert find_orders(asking, ordered)
    assert between.paths() == [ASK, LOGIN, ASK]


def test_a_shop_that_rejects_every_token_gets_two_logins(
    between: FaultyShop, shop: RunningShop
) -> None:
    between.behaviour = forwards_all_but_order_search(shop, refuses(401))
    with pytest.raises(ShopUnavailable):
        find_orders(build_orders_client(between), 1)
    assert between.paths() == [LOGIN, ASK, LOGIN, ASK]


def test_a_wrong_password_is_tried_once_for_a_question(between: FaultyShop) -> None:
    """Magento locks an administrator's account after several of them."""
    wrong = AdminLogin(MagentoClient(between.url), "nobody", "wrong", "default")
    with pytest.raises(ShopUnavailable):
        find_orders(build_orders_client(between, wrong), 1)
    assert between.paths() == [LOGIN]


def test_after_a_rejected_login_no_other_is_tried_for_a_while(between: FaultyShop) -> None:
    """Magento locks an account after a few failures, and anyone with a used link brings us here."""
    asked = build_orders_client(
        between, AdminLogin(MagentoClient(between.url), "nobody", "wrong", "default")
    )
    for _ in range(4):
        with pytest.raises(ShopUnavailable):
            find_orders(asked, 1)
    assert between.paths() == [LOGIN]


def test_a_rejected_access_token_is_sent_once(between: FaultyShop) -> None:
    with pytest.raises(ShopUnavailable):
        find_orders(build_orders_client(between, AccessToken("not-the-token")), 1)
    assert between.paths() == [ASK]
    assert between.calls[0].headers["authorization"] == "Bearer not-the-token"


def test_an_access_token_needs_no_login(
    between: FaultyShop, shop: RunningShop, ordered: int
) -> None:
    token = str(shop.call_rest("POST", "integration/admin/token", body=ADMIN))
    assert find_orders(build_orders_client(between, AccessToken(token)), ordered)
    assert between.paths() == [ASK]


@pytest.mark.parametrize(
    "behaviour",
    [
        refuses(403),
        refuses(400),
        refuses(404),
        refuses(500),
        answers_page(200),
        answers_page(404),
        answers(200, None),
        answers(200, []),
        answers(200, {"items": [{"increment_id": None}]}),
        answers(200, {"items": "none"}),
        answers(200, {"items": [{**ORDER, "order_currency_code": "GB\nP"}]}),
        answers(200, {"items": [{**ORDER, "entity_id": -1}]}),
        answers(200, {"items": [{**ORDER, "grand_total": "NaN"}]}),
        answers(200, {"items": [{**ORDER, "increment_id": "9" * 100}]}),
    ],
    ids=[
        *("403", "400", "404", "500", "page", "no page", "null", "list", "no order", "no list"),
        *("currency", "id", "total", "number"),
    ],
)
def test_an_answer_that_is_not_a_list_of_orders_is_an_error_and_not_no_order(
    between: FaultyShop, shop: RunningShop, behaviour: Behaviour
) -> None:
    between.behaviour = forwards_all_but_order_search(shop, behaviour)
    with pytest.raises(ShopUnavailable):
        find_orders(build_orders_client(between), 1)


def test_a_login_that_takes_too_long_is_a_timeout(between: FaultyShop) -> None:
    between.behaviour = answers_late
    with pytest.raises(ShopTimeout):
        build_orders_client(between).find_orders_of_quote(1, deadline=Deadline.after(0.4))


def test_an_order_of_another_quote_is_ignored(between: FaultyShop, shop: RunningShop) -> None:
    """A shop that ignores the filter must not make somebody else's order of it."""
    between.behaviour = forwards_all_but_order_search(
        shop, answers(200, {"items": [{**ORDER, "quote_id": 99}]})
    )
    assert find_orders(build_orders_client(between), 1) == []


def buy(shop: RunningShop, *lines: tuple[str, int]) -> int:
    """Order a guest's quote and return its number."""
    masked_id = shop.create_guest_quote(*lines)
    number = int(shop.call_rest("GET", f"guest-carts/{masked_id}")["id"])
    shop.place_order(f"guest-carts/{masked_id}")
    return number


def test_the_orders_of_many_quotes_are_found_page_by_page_and_part_by_part(
    between: FaultyShop, shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handoff.magento.orders._QUOTES_PER_SEARCH", 5)
    monkeypatch.setattr("handoff.magento.orders.ORDERS_PER_PAGE", 2)
    numbers = [buy(shop, ("ITEM-01", 2), ("ITEM-02", 1)) for _ in range(4)]
    found = list(build_orders_client(between).find_orders({*numbers, 900, 901, 902}))
    assert [each.quote_number for each in found] == numbers
    assert between.paths() == [LOGIN, ASK, ASK, ASK]  # two pages of one part, one of the other
    assert len({each.number for each in found}) == 4
    [first, *_] = found
    assert (first.totals.currency, first.state, first.replaced_by) == ("GBP", "new", None)
    assert [(line.sku, line.quantity, line.is_free) for line in first.lines] == [
        ("ITEM-01", Decimal(2), False),
        ("ITEM-02", Decimal(1), False),
    ]


def test_the_url_of_a_search_stays_under_six_kilobytes(between: FaultyShop) -> None:
    assert list(build_orders_client(between).find_orders(range(4_000_000_000, 4_000_000_700))) == []
    asked = [call for call in between.calls if is_order_search(call)]
    assert len(asked) == 3
    assert max(len(call.path) for call in asked) < 6_000


def test_without_quotes_no_orders_are_searched(between: FaultyShop) -> None:
    assert list(build_orders_client(between).find_orders(set())) == []
    assert between.calls == []


def test_a_page_of_orders_is_asked_for_again_when_the_connection_breaks(
    between: FaultyShop, shop: RunningShop, ordered: int
) -> None:
    between.behaviour = forwards_all_but_order_search(
        shop, behaves_first(2, resets, forwards_to(shop.url))
    )
    assert len(list(build_orders_client(between).find_orders({ordered}))) == 1
    assert between.paths() == [LOGIN, ASK, ASK, ASK]


def test_an_error_names_the_right_that_the_administrator_lacks(
    between: FaultyShop, shop: RunningShop
) -> None:
    between.behaviour = forwards_all_but_order_search(shop, refuses(401))
    with pytest.raises(OrdersDenied) as raised:
        list(build_orders_client(between).find_orders({1}))
    assert "Magento_Sales::actions_view" in raised.value.detail
    with pytest.raises(OrdersDenied) as raised:
        build_orders_client(between).try_to_add_comment(1, "words")
    assert "Magento_Sales::comment" in raised.value.detail


def test_a_comment_is_found_on_its_order_afterwards(
    between: FaultyShop, shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = build_orders_client(between)
    bought = {buy(shop, ("ITEM-01", 1)) for _ in range(2)}
    first, second = (each.order_id for each in asking.find_orders(bought))
    assert asking.try_to_add_comment(second, "Poq reference: r-1")
    monkeypatch.setattr("handoff.magento.orders.ORDERS_PER_PAGE", 2)
    assert asking.fetch_comments([first, second, 999]) == {
        first: [],
        second: ["Poq reference: r-1"],
    }


def test_a_comment_whose_answer_is_lost_is_not_sent_again(
    between: FaultyShop, shop: RunningShop, ordered: int
) -> None:
    between.behaviour = forwards_all_but_order_search(shop, resets)
    with pytest.raises(ShopDropped):
        build_orders_client(between).try_to_add_comment(1, "words")
    assert between.paths() == [LOGIN, "POST /rest/default/V1/orders/1/comments"]


def test_a_comment_on_no_order_is_refused(between: FaultyShop) -> None:
    assert not build_orders_client(between).try_to_add_comment(999, "words")


@pytest.mark.parametrize(
    ("state", "ordered"),
    [
        ("new", True),
        ("pending_payment", True),
        ("payment_review", True),
        ("processing", True),
        ("holded", True),
        ("complete", True),
        ("closed", True),
        ("a module's own", True),
        ("canceled", False),
    ],
)
def test_a_quote_is_ordered_unless_its_order_is_cancelled(
    between: FaultyShop, shop: RunningShop, state: str, ordered: bool
) -> None:
    number = buy(shop, ("ITEM-01", 1))
    shop.state.orders.set_state(find_newest_order(shop, number), state)
    found = find_orders(build_orders_client(between), number)
    assert [each.state for each in found] == [state]
    assert is_quote_ordered(found) == ordered


def test_all_orders_of_a_quote_are_found_the_oldest_first(
    between: FaultyShop, shop: RunningShop
) -> None:
    number = buy_again_after_cancelling(shop)
    found = find_orders(build_orders_client(between), number)
    assert [each.is_cancelled for each in found] == [True, False]
    assert found[0].order_id < found[1].order_id
    assert is_quote_ordered(found)
    batch = list(build_orders_client(between).find_orders({number}))
    assert [each.is_cancelled for each in batch] == [True, False]


def test_an_edited_order_counts_until_the_last_order_that_replaces_it_is_cancelled(
    between: FaultyShop, shop: RunningShop
) -> None:
    number = buy(shop, ("ITEM-01", 1))
    first = find_newest_order(shop, number)
    second = shop.state.orders.replace_order(first)
    third = shop.state.orders.replace_order(second)
    asking = build_orders_client(between)
    [found] = find_orders(asking, number)
    assert (found.state, found.replaced_by) == ("canceled", second.increment_id)
    assert not found.is_cancelled
    assert between.paths() == [LOGIN, ASK, ASK, ASK]
    shop.state.orders.cancel_order(third)
    assert [each.is_cancelled for each in find_orders(asking, number)] == [True]
    assert [each.is_cancelled for each in asking.find_orders({number})] == [True]


def test_an_edited_order_is_cancelled_if_the_shop_does_not_have_its_replacement(
    between: FaultyShop, shop: RunningShop
) -> None:
    number = buy(shop, ("ITEM-01", 1))
    replacement = shop.state.orders.replace_order(find_newest_order(shop, number))
    assert is_quote_ordered(find_orders(build_orders_client(between), number))
    del shop.state.orders.by_id[replacement.entity_id]
    assert not is_quote_ordered(find_orders(build_orders_client(between), number))


def test_an_order_that_staff_placed_again_counts_even_if_the_copy_is_cancelled(
    between: FaultyShop, shop: RunningShop
) -> None:
    number = buy(shop, ("ITEM-01", 1))
    order, orders_of_shop = find_newest_order(shop, number), shop.state.orders
    copy = orders_of_shop.replace_order(order)
    orders_of_shop.set_state(order, "complete")
    orders_of_shop.cancel_order(copy)
    [found] = find_orders(build_orders_client(between), number)
    assert (found.replaced_by, found.is_cancelled) == (copy.increment_id, False)


def test_orders_that_replace_each_other_do_not_search_without_end(
    between: FaultyShop, shop: RunningShop
) -> None:
    edited = {**ORDER, "state": "canceled", "relation_child_real_id": "000000009"}
    between.behaviour = forwards_all_but_order_search(shop, answers(200, {"items": [edited]}))
    assert not is_quote_ordered(find_orders(build_orders_client(between), 1))
    assert between.paths() == [LOGIN, ASK, ASK]


def find_newest_order(shop: RunningShop, number: int) -> SandboxOrder:
    """Return the newest order of a quote."""
    return [each for each in shop.state.orders.by_id.values() if each.quote.number == number][-1]


def buy_again_after_cancelling(shop: RunningShop) -> int:
    """Order a quote, cancel the order, restore the quote, order it again, and return its number."""
    masked_id = shop.create_guest_quote(("ITEM-01", 1))
    number = int(shop.call_rest("GET", f"guest-carts/{masked_id}")["id"])
    shop.place_order(f"guest-carts/{masked_id}")
    shop.state.orders.cancel_order(find_newest_order(shop, number))
    shop.state.quotes.restore(shop.state.quotes.by_number[number])
    shop.place_order(f"guest-carts/{masked_id}")
    return number


@pytest.mark.parametrize("total_count", [2, 10**9])
def test_a_shop_that_repeats_one_page_repeats_no_order(
    between: FaultyShop, shop: RunningShop, total_count: int
) -> None:
    page = {"items": [{**ORDER, "items": []}], "total_count": total_count}
    between.behaviour = forwards_all_but_order_search(shop, answers(200, page))
    found = list(build_orders_client(between).find_orders({1}))
    assert [order.order_id for order in found] == [9]
    assert between.paths() == [LOGIN, ASK, ASK]


@pytest.mark.parametrize("customer_id", [0, "0", "", None])
def test_an_order_without_a_customer_is_a_guests(
    between: FaultyShop, shop: RunningShop, customer_id: object
) -> None:
    order = {**ORDER, "customer_id": customer_id, "order_currency_code": "GBP ", "increment_id": 7}
    between.behaviour = forwards_all_but_order_search(shop, answers(200, {"items": [order]}))
    [found] = find_orders(build_orders_client(between), 1)
    assert (found.customer_id, found.totals.currency, found.number) == (None, "GBP", "7")


@pytest.mark.parametrize(
    "change", [{"increment_id": "1\u00002"}, {"increment_id": "1\n"}, {"grand_total": "1e-900000"}]
)
def test_values_that_no_ledger_and_no_report_can_hold_are_unreadable(
    between: FaultyShop, shop: RunningShop, change: dict[str, str]
) -> None:
    between.behaviour = forwards_all_but_order_search(
        shop, answers(200, {"items": [{**ORDER, **change}]})
    )
    with pytest.raises(ShopUnavailable):
        find_orders(build_orders_client(between), 1)


def test_a_firewalls_401_is_not_a_missing_right(between: FaultyShop, shop: RunningShop) -> None:
    between.behaviour = forwards_all_but_order_search(
        shop, answers(401, {"message": "Unauthorized"})
    )
    with pytest.raises(ShopUnavailable) as raised:
        find_orders(build_orders_client(between), 1)
    assert type(raised.value) is ShopUnavailable

"""Orders of the shop, found by their quote, with an access token or an administrator's login."""

from __future__ import annotations

from decimal import Decimal

import pytest

from handoff.deadline import Deadline
from handoff.magento.admin_access import AccessToken, AdminAccess, AdminLogin
from handoff.magento.client import MagentoClient, ShopDropped
from handoff.magento.orders import Order, Orders, OrdersDenied
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
from tests.running import RunningShop

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


def orders(between: FaultyShop, access: AdminAccess | None = None) -> Orders:
    client = MagentoClient(between.url)
    login = AdminLogin(client, ADMIN["username"], ADMIN["password"], "default")
    return Orders(client, access or login, store="default")


def ask(orders: Orders, number: int) -> Order | None:
    return orders.find_order(number, deadline=Deadline.after(8))


def is_asking(call: Call) -> bool:
    return "/orders" in call.path


def when_asked(shop: RunningShop, behaviour: Behaviour) -> Behaviour:
    return behaves_if(is_asking, behaviour, forwards_to(shop.url))


def test_an_order_is_found_by_the_quote_it_came_from(between: FaultyShop, ordered: int) -> None:
    order = ask(orders(between), ordered)
    assert order is not None
    assert order.quote_number == ordered
    assert order.increment_id.isdigit()
    assert order.customer_id is None


def test_a_quote_that_was_not_ordered_has_no_order(between: FaultyShop) -> None:
    assert ask(orders(between), 999_999) is None


def test_the_administrator_logs_in_once_for_many_searches(
    between: FaultyShop, ordered: int
) -> None:
    asking = orders(between)
    for _ in range(3):
        assert ask(asking, ordered) is not None
    assert between.paths() == [LOGIN, ASK, ASK, ASK]


def test_a_login_that_has_run_out_is_renewed_and_the_question_asked_again(
    between: FaultyShop, shop: RunningShop, ordered: int
) -> None:
    asking = orders(between)
    assert ask(asking, ordered) is not None
    between.calls.clear()
    between.behaviour = when_asked(shop, behaves_first(1, refuses(401), forwards_to(shop.url)))
    assert ask(asking, ordered) is not None
    assert between.paths() == [ASK, LOGIN, ASK]


def test_a_shop_that_rejects_every_token_gets_two_logins(
    between: FaultyShop, shop: RunningShop
) -> None:
    between.behaviour = when_asked(shop, refuses(401))
    with pytest.raises(ShopUnavailable):
        ask(orders(between), 1)
    assert between.paths() == [LOGIN, ASK, LOGIN, ASK]


def test_a_wrong_password_is_tried_once_for_a_question(between: FaultyShop) -> None:
    """Magento locks an administrator's account after several of them."""
    wrong = AdminLogin(MagentoClient(between.url), "nobody", "wrong", "default")
    with pytest.raises(ShopUnavailable):
        ask(orders(between, wrong), 1)
    assert between.paths() == [LOGIN]


def test_after_a_rejected_login_no_other_is_tried_for_a_while(between: FaultyShop) -> None:
    """Magento locks an account after a few failures, and anyone with a used link brings us here."""
    asked = orders(between, AdminLogin(MagentoClient(between.url), "nobody", "wrong", "default"))
    for _ in range(4):
        with pytest.raises(ShopUnavailable):
            ask(asked, 1)
    assert between.paths() == [LOGIN]


def test_a_rejected_access_token_is_sent_once(between: FaultyShop) -> None:
    with pytest.raises(ShopUnavailable):
        ask(orders(between, AccessToken("not-the-token")), 1)
    assert between.paths() == [ASK]
    assert between.calls[0].headers["authorization"] == "Bearer not-the-token"


def test_an_access_token_needs_no_login(
    between: FaultyShop, shop: RunningShop, ordered: int
) -> None:
    token = str(shop.call_rest("POST", "integration/admin/token", body=ADMIN))
    assert ask(orders(between, AccessToken(token)), ordered) is not None
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
    ],
    ids=["403", "400", "404", "500", "page", "no page", "null", "list", "no order", "no list"],
)
def test_an_answer_that_is_not_a_list_of_orders_is_an_error_and_not_no_order(
    between: FaultyShop, shop: RunningShop, behaviour: Behaviour
) -> None:
    between.behaviour = when_asked(shop, behaviour)
    with pytest.raises(ShopUnavailable):
        ask(orders(between), 1)


def test_a_login_that_takes_too_long_is_a_timeout(between: FaultyShop) -> None:
    between.behaviour = answers_late
    with pytest.raises(ShopTimeout):
        orders(between).find_order(1, deadline=Deadline.after(0.4))


def test_an_order_of_another_quote_is_ignored(between: FaultyShop, shop: RunningShop) -> None:
    """A shop that ignores the filter must not make somebody else's order of it."""
    other = {"increment_id": "000000099", "quote_id": 99, "customer_id": 5}
    between.behaviour = when_asked(shop, answers(200, {"items": [other]}))
    order = orders(between).find_order(1, deadline=Deadline.after(8))
    assert order is None


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
    monkeypatch.setattr("handoff.magento.orders._ORDERS_PER_PAGE", 2)
    numbers = [buy(shop, ("ITEM-01", 2), ("ITEM-02", 1)) for _ in range(4)]
    found = list(orders(between).find_orders({*numbers, 900, 901, 902}))
    assert [each.quote_number for each in found] == numbers
    assert between.paths() == [LOGIN, ASK, ASK, ASK]  # two pages of one part, one of the other
    assert len({each.number for each in found}) == 4
    [first, *_] = found
    assert (first.currency, first.state, first.replaced_by) == ("GBP", "new", None)
    assert [(line.sku, line.quantity, line.is_free) for line in first.lines] == [
        ("ITEM-01", Decimal(2), False),
        ("ITEM-02", Decimal(1), False),
    ]


def test_the_url_of_a_search_stays_under_six_kilobytes(between: FaultyShop) -> None:
    assert list(orders(between).find_orders(range(4_000_000_000, 4_000_000_700))) == []
    asked = [call for call in between.calls if is_asking(call)]
    assert len(asked) == 3
    assert max(len(call.path) for call in asked) < 6_000


def test_without_quotes_no_orders_are_searched(between: FaultyShop) -> None:
    assert list(orders(between).find_orders(set())) == []
    assert between.calls == []


def test_a_page_of_orders_is_asked_for_again_when_the_connection_breaks(
    between: FaultyShop, shop: RunningShop, ordered: int
) -> None:
    between.behaviour = when_asked(shop, behaves_first(2, resets, forwards_to(shop.url)))
    assert len(list(orders(between).find_orders({ordered}))) == 1
    assert between.paths() == [LOGIN, ASK, ASK, ASK]


def test_an_error_names_the_right_that_the_administrator_lacks(
    between: FaultyShop, shop: RunningShop
) -> None:
    between.behaviour = when_asked(shop, refuses(401))
    with pytest.raises(OrdersDenied) as raised:
        list(orders(between).find_orders({1}))
    assert "Magento_Sales::actions_view" in raised.value.detail
    with pytest.raises(OrdersDenied) as raised:
        orders(between).add_comment(1, "words")
    assert "Magento_Sales::comment" in raised.value.detail


def test_a_comment_is_found_on_its_order_afterwards(between: FaultyShop, shop: RunningShop) -> None:
    asking = orders(between)
    bought = {buy(shop, ("ITEM-01", 1)) for _ in range(2)}
    first, second = (each.order_id for each in asking.find_orders(bought))
    assert asking.add_comment(second, "Poq reference: r-1")
    assert asking.get_comments([first, second, 999]) == {first: [], second: ["Poq reference: r-1"]}


def test_a_comment_whose_answer_is_lost_is_not_sent_again(
    between: FaultyShop, shop: RunningShop, ordered: int
) -> None:
    between.behaviour = when_asked(shop, resets)
    with pytest.raises(ShopDropped):
        orders(between).add_comment(1, "words")
    assert between.paths() == [LOGIN, "POST /rest/default/V1/orders/1/comments"]


def test_a_comment_on_no_order_is_refused(between: FaultyShop) -> None:
    assert not orders(between).add_comment(999, "words")

"""The page of a used link: what it says of the order, and how often it asks the shop."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from handoff.deadline import Deadline
from handoff.magento.order_models import Order
from handoff.magento.orders import Orders
from handoff.problems import ShopTimeout, ShopUnavailable
from tests.conftest import FakeClock, MakeApp, Poq, get_link_path, use_link
from tests.logs import CapturedLog
from tests.running_servers import RunningShop

USED = "This link has already been used"
ORDERED = "Your order has been placed"
RIGHT_TO_READ_ORDERS = {
    "magento_admin_username": "admin",
    "magento_admin_password": SecretStr("Admin123!"),
}


class Shopper:
    """A guest with a used link, and the service with the right to read orders."""

    def __init__(self, make_app: MakeApp, shop: RunningShop) -> None:
        self.make_client: Callable[[], FlaskClient] = lambda: make_app(
            **RIGHT_TO_READ_ORDERS
        ).test_client()
        self.shop = shop
        self.client = self.make_client()
        self.masked_id = shop.create_guest_quote(("ITEM-01", 1))
        self.link = self.transfer()
        assert use_link(self.client, self.link).status_code == 303

    def transfer(self) -> str:
        """Transfer the quote and return the path of the link."""
        return get_link_path(Poq(self.make_client()).transfer({"quote_id": self.masked_id}))

    def order(self) -> None:
        """Order the quote."""
        self.shop.place_order(f"guest-carts/{self.masked_id}")

    def cancel(self) -> None:
        """Cancel the last order and restore the quote."""
        order = list(self.shop.state.orders.by_id.values())[-1]
        self.shop.state.orders.cancel_order(order)
        self.shop.state.quotes.restore(order.quote)

    def edit_order(self) -> None:
        """Edit the last order, as an administrator of the shop does."""
        self.shop.state.orders.replace_order(list(self.shop.state.orders.by_id.values())[-1])

    def read_page(self, client: FlaskClient | None = None) -> str:
        """Open the link in another web view and return the title of its page."""
        answer = (client or self.make_client()).get(self.link)
        assert answer.status_code == 410
        [title] = [title for title in (USED, ORDERED) if title in answer.text]
        return title


@pytest.fixture
def shopper(make_app: MakeApp, shop: RunningShop) -> Shopper:
    return Shopper(make_app, shop)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record each search for the orders of a quote."""
    numbers: list[int] = []
    find = Orders.find_orders_of_quote

    def record(self: Orders, quote_number: int, *, deadline: Deadline) -> list[Order]:
        numbers.append(quote_number)
        return find(self, quote_number, deadline=deadline)

    monkeypatch.setattr(Orders, "find_orders_of_quote", record)
    return numbers


def test_the_shop_is_asked_once_in_ten_seconds_by_all_workers(
    shopper: Shopper, asked: list[int], clock: FakeClock
) -> None:
    workers = [shopper.make_client() for _ in range(3)]
    for seconds, count in ((0, 1), (9.999, 1), (0.001, 2), (5, 2), (5, 3)):
        clock.advance(seconds=seconds)
        for worker in workers:
            assert shopper.read_page(worker) == USED
            assert worker.post(shopper.link).status_code == 410
        assert len(asked) == count


def test_the_page_knows_of_an_order_ten_seconds_later_and_of_its_end(
    shopper: Shopper, clock: FakeClock
) -> None:
    assert shopper.read_page() == USED
    titles = []
    for change in (shopper.order, shopper.cancel, shopper.order):
        change()
        clock.advance(seconds=10)
        titles.append(shopper.read_page())
    assert titles == [ORDERED, USED, ORDERED]


def read_order_numbers(page: str) -> list[str]:
    return re.findall(r'Order number: <b dir="ltr">([^<]*)</b>', page)


def test_a_web_view_that_comes_back_sees_the_number_that_the_shop_has_given_its_order(
    shopper: Shopper, clock: FakeClock
) -> None:
    numbers = []
    for change in (shopper.order, shopper.edit_order):
        change()
        clock.advance(seconds=10)
        numbers += read_order_numbers(shopper.client.post(shopper.link).text)
    assert numbers == ["000000001", "000000001-1"]


@pytest.mark.parametrize("has_session_cookies", [True, False])
def test_a_web_view_that_comes_back_late_is_known_as_long_as_its_shop_session_lives(
    shopper: Shopper, clock: FakeClock, has_session_cookies: bool
) -> None:
    shopper.order()
    clock.advance(seconds=3000)  # the cookie of the link has expired
    late = shopper.make_client()
    if has_session_cookies:
        cookie = shopper.client.get_cookie("handoff_web_checkout")
        assert cookie is not None
        late.set_cookie("handoff_web_checkout", cookie.value)
    page = late.get(shopper.link).text
    assert ORDERED in page
    assert read_order_numbers(page) == (["000000001"] if has_session_cookies else [])


def test_no_other_web_view_sees_the_number(shopper: Shopper, make_app: MakeApp) -> None:
    shopper.order()
    stranger, forger = shopper.make_client(), shopper.make_client()
    other_link = get_link_path(Poq(shopper.make_client()).transfer_bag(("ITEM-02", 1)))
    assert use_link(stranger, other_link).status_code == 303  # a web view with another handoff
    handoff_id = shopper.link.removeprefix("/h/").partition(".")[0]
    forger.set_cookie("handoff_web_checkout", f"{handoff_id}.{'A' * 43}")
    for web_view in (stranger, forger, shopper.make_client()):
        for page in (web_view.get(shopper.link), web_view.post(shopper.link)):
            assert ORDERED in page.text
            assert "000000001" not in page.text


def test_the_log_says_that_the_access_token_was_revoked(
    shopper: Shopper, make_app: MakeApp, captured_log: CapturedLog
) -> None:
    revoked = make_app(magento_access_token=SecretStr("a-token-that-was-revoked"))
    assert USED in revoked.test_client().get(shopper.link).text
    [line] = captured_log.read_lines("order_lookup_failed")
    assert "Magento_Sales::actions_view" in line["detail"]


def test_a_number_is_no_markup(shopper: Shopper) -> None:
    shopper.order()
    list(shopper.shop.state.orders.by_id.values())[-1].increment_id = "<i>1&2"
    assert "&lt;i&gt;1&amp;2" in shopper.client.post(shopper.link).text


def test_the_shop_is_not_asked_for_ever(
    shopper: Shopper, asked: list[int], clock: FakeClock
) -> None:
    clock.advance(seconds=24 * 3600 - 1)
    assert shopper.read_page() == USED
    clock.advance(seconds=10)
    shopper.order()
    assert shopper.read_page() == USED
    assert len(asked) == 1


def test_what_is_known_of_an_order_is_remembered_for_ever(
    shopper: Shopper, asked: list[int], clock: FakeClock
) -> None:
    shopper.order()
    assert shopper.read_page() == ORDERED
    clock.advance(seconds=48 * 3600)
    assert shopper.read_page() == ORDERED
    assert len(asked) == 1


@pytest.mark.parametrize("failure", [ShopUnavailable, ShopTimeout])
def test_a_shop_that_does_not_answer_changes_nothing_and_is_asked_no_more_often(
    shopper: Shopper,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    failure: type[Exception],
) -> None:
    asked = []

    def fail(self: Orders, quote_number: int, *, deadline: Deadline) -> list[Order]:
        asked.append(quote_number)
        raise failure

    shopper.order()
    with monkeypatch.context() as patch:
        patch.setattr(Orders, "find_orders_of_quote", fail)
        assert [shopper.read_page() for _ in range(3)] == [USED] * 3
    clock.advance(seconds=10)
    assert shopper.read_page() == ORDERED
    monkeypatch.setattr(Orders, "find_orders_of_quote", fail)
    clock.advance(seconds=10)
    assert [shopper.read_page() for _ in range(3)] == [ORDERED] * 3
    assert len(asked) == 2


def test_a_clock_that_was_set_back_does_not_stop_the_lookups(
    shopper: Shopper, asked: list[int], clock: FakeClock
) -> None:
    clock.advance(seconds=3600)
    assert shopper.read_page() == USED
    clock.advance(seconds=-1800)
    shopper.order()
    assert shopper.read_page() == ORDERED
    assert len(asked) == 2


def test_while_the_shop_is_slow_one_thread_waits_and_the_other_pages_do_not(
    shopper: Shopper, make_app: MakeApp, shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = shopper.client.application
    is_asked, may_answer = threading.Event(), threading.Event()
    asked: list[int] = []

    def wait(self: Orders, quote_number: int, *, deadline: Deadline) -> list[Order]:
        asked.append(quote_number)
        is_asked.set()
        assert may_answer.wait(30)
        return []

    monkeypatch.setattr(Orders, "find_orders_of_quote", wait)
    other = Shopper(make_app, shop)
    titles: list[str] = []
    first = worker.test_client()
    thread = threading.Thread(target=lambda: titles.append(shopper.read_page(first)))
    thread.start()
    assert is_asked.wait(30)
    # The same link in the same worker and in another one, and another link in the same worker.
    assert shopper.read_page(worker.test_client()) == USED
    assert shopper.read_page() == USED
    assert other.read_page(worker.test_client()) == USED
    assert not titles
    may_answer.set()
    thread.join(30)
    assert titles == [USED]
    assert len(asked) == 1


def test_a_reopened_link_does_not_lead_to_the_empty_cart_after_the_order(
    shopper: Shopper, asked: list[int], clock: FakeClock
) -> None:
    shopper.order()
    for _ in range(3):
        answer = shopper.client.post(shopper.link)
        assert (answer.status_code, ORDERED in answer.text) == (410, True)
    assert len(asked) == 1


def test_without_the_right_to_read_orders_the_ledger_is_the_answer(
    shopper: Shopper, make_app: MakeApp
) -> None:
    without: Any = make_app().test_client()
    shopper.order()
    assert shopper.read_page(without) == USED
    assert shopper.read_page() == ORDERED
    assert shopper.read_page(without) == ORDERED

"""The checkout preflight: if checkout refuses a quote, the transfer fails and gives no link."""

from __future__ import annotations

import socket
from collections.abc import Callable
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from handoff.deadline import Deadline
from handoff.shop_session.store import FileSessionStore
from tests.conftest import MakeApp, Poq, get_link_path, get_session_id, use_link
from tests.logs import CapturedLog
from tests.running_servers import HOST, MAGENTO_VERSIONS, RunningShop


@pytest.fixture(params=MAGENTO_VERSIONS)
def shop(request: pytest.FixtureRequest, shop: RunningShop) -> RunningShop:
    """A shop that nobody has used, of each version of Magento."""
    shop.state.version = request.param
    return shop


Ask = Callable[[], TestResponse]


@pytest.fixture
def guest(poq: Poq, shop: RunningShop) -> Ask:
    """Transfer a guest's quote of £22."""
    request = {"quote_id": shop.create_guest_quote(("ITEM-01", 2))}
    return lambda: poq.transfer(request)


@pytest.fixture
def customer(poq: Poq, shop: RunningShop) -> Ask:
    """Transfer a customer's quote of £22."""
    token = shop.log_in_customer()
    request = {"quote_id": shop.fill_customer_quote(token, ("ITEM-01", 2)), "token_id": token}
    return lambda: poq.transfer(request)


@pytest.fixture
def bag(poq: Poq) -> Ask:
    """Transfer a bag of £22."""
    return lambda: poq.transfer_bag(("ITEM-01", 2))


def read_code(answer: TestResponse) -> str:
    """Return the code of a problem, and "ok" for an instruction."""
    body = answer.get_json()
    assert answer.status_code == body.get("status", 200)
    return str(body.get("code", "ok"))


def read_refused_lines(answer: TestResponse) -> dict[str, str]:
    assert (answer.status_code, read_code(answer)) == (422, "lines_refused")
    return {error["sku"]: error["code"] for error in answer.get_json()["errors"]}


# What the shop does not sell


def test_if_guests_may_not_buy_only_customers_get_a_link(
    shop: RunningShop, guest: Ask, bag: Ask, customer: Ask
) -> None:
    shop.state.rules.guest_checkout = False
    for ask in (guest, bag):
        assert (ask().status_code, read_code(ask())) == (409, "guest_checkout_off")
    assert read_code(customer()) == "ok"


def test_a_checkout_that_is_switched_off_refuses_everybody(
    shop: RunningShop, guest: Ask, bag: Ask, customer: Ask
) -> None:
    shop.state.rules.one_page_checkout = False
    for ask in (guest, bag, customer):
        assert (ask().status_code, read_code(ask())) == (409, "checkout_off")


def test_a_bag_below_the_minimum_is_refused_and_one_at_it_is_not(
    shop: RunningShop, guest: Ask, bag: Ask, customer: Ask
) -> None:
    shop.state.rules.minimum = Decimal("22.01")
    for ask in (guest, bag, customer):
        assert (ask().status_code, read_code(ask())) == (409, "minimum_not_reached")
    shop.state.rules.minimum = Decimal("22.00")
    for ask in (guest, bag, customer):
        assert read_code(ask()) == "ok"


@pytest.mark.parametrize(
    ("left", "code"), [(1, "quantity_unavailable"), (0, "unavailable")], ids=["few", "none"]
)
def test_lines_that_went_out_of_stock_are_named(
    shop: RunningShop, poq: Poq, left: int, code: str
) -> None:
    token = shop.log_in_customer()
    lines = (("ITEM-01", 1), ("ITEM-FEW", 2))
    guests, theirs = shop.create_guest_quote(*lines), shop.fill_customer_quote(token, *lines)
    few = shop.state.catalogue.find_by_sku("ITEM-FEW")
    assert few is not None
    few.stock = Decimal(left)
    assert read_refused_lines(poq.transfer({"quote_id": guests})) == {"ITEM-FEW": code}
    assert read_refused_lines(poq.transfer({"quote_id": theirs, "token": token})) == {
        "ITEM-FEW": code
    }
    few.stock = Decimal(2)
    assert poq.transfer({"quote_id": guests}).status_code == 200


def test_a_quote_that_checkout_refuses_has_no_link(shop: RunningShop, guest: Ask, poq: Poq) -> None:
    link = get_link_path(guest())
    shop.state.rules.minimum = Decimal(100)
    assert read_code(guest()) == "minimum_not_reached"
    shop.state.rules.minimum = Decimal(0)
    assert get_link_path(guest()) == link
    assert use_link(poq.client, link).status_code == 303


# How it is asked


def test_without_the_session_store_the_transfer_goes_on(
    shop: RunningShop, guest: Ask, captured_log: CapturedLog
) -> None:
    shop.sessions.rename(shop.sessions.with_name("away"))
    assert read_code(guest()) == "ok"
    [said] = captured_log.read_lines("checkout_preflight_inconclusive")
    assert said["reason"] == "session_store_unavailable"
    shop.sessions.with_name("away").rename(shop.sessions)


@pytest.mark.waiting
def test_a_silent_session_store_does_not_use_up_the_time_of_a_transfer(
    shop: RunningShop, make_app: MakeApp
) -> None:
    request = {"quote_id": shop.create_guest_quote(("ITEM-01", 2))}
    with socket.create_server((HOST, 0)) as silent:
        redis = SecretStr(f"redis://{HOST}:{silent.getsockname()[1]}")
        app = make_app(session_store=redis, magento_timeout=3)
        deadline = Deadline.after(3)
        assert read_code(Poq(app.test_client()).transfer(request)) == "ok"
        assert not deadline.has_passed


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the ids of the session files that are removed."""
    removed: list[str] = []
    remove = FileSessionStore.remove

    def record(self: FileSessionStore, session_id: str) -> None:
        assert (self._folder / f"sess_{session_id}").exists()
        removed.append(session_id)
        remove(self, session_id)

    monkeypatch.setattr(FileSessionStore, "remove", record)
    return removed


def test_the_session_of_the_preflight_is_never_the_shoppers_and_is_removed(
    shop: RunningShop, guest: Ask, phone: FlaskClient, removed: list[str]
) -> None:
    link = get_link_path(guest())
    assert removed
    assert list(shop.sessions.iterdir()) == []
    entered = use_link(phone, link)
    session_id = get_session_id(entered)
    assert session_id not in removed
    assert (shop.sessions / f"sess_{session_id}").exists()


def test_the_session_of_the_preflight_is_removed_after_a_refusal_too(
    shop: RunningShop, guest: Ask
) -> None:
    shop.state.rules.minimum = Decimal(100)
    assert read_code(guest()) == "minimum_not_reached"
    assert list(shop.sessions.iterdir()) == []


def test_an_answer_that_repeats_a_credential_is_not_passed_on(
    shop: RunningShop, make_app: MakeApp, removed: list[str]
) -> None:
    shop.state.rules.guest_checkout = False
    quote_id = shop.create_guest_quote(("ITEM-01", 1))
    answer = Poq(make_app().test_client()).transfer({"quote_id": quote_id})
    assert removed
    for credential in (quote_id, *removed):
        assert credential not in answer.text + str(answer.headers)

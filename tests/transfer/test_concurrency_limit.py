"""A slow shop: a limited number of requests wait for it, and shoppers with links do not."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from pydantic import SecretStr

from handoff.concurrency_limit import ConcurrencyLimit, ShopCallLimits, build_shop_call_limits
from handoff.problems import Busy
from tests.conftest import MakeApp, Poq, use_link
from tests.magento.faulty_shop import Call, FaultyShop, faulty_shop
from tests.magento.shop_behaviours import answers_page, forwards_to
from tests.running_servers import RunningShop, running_service
from tests.service_calls import create_environment, post_transfer

SLOTS = 12
CALLERS = 24


@pytest.fixture
def slow_shop(shop: RunningShop) -> Iterator[FaultyShop]:
    """A shop in front of the stand-in shop, whose behaviour a test sets."""
    with faulty_shop(forwards_to(shop.url)) as slow_shop:
        yield slow_shop


def transfer(url: str, number: int) -> requests.Response:
    items = [{"sku": "ITEM-01", "quantity": 1}]
    return post_transfer(url, {"items": items, "currency": "GBP", "reference": f"r-{number}"})


@pytest.mark.processes
@pytest.mark.parametrize(("options", "slots"), [("", SLOTS), ("--threads 4", 2)])
def test_links_open_while_transfers_wait_for_the_shop(
    options: str, slots: int, shop: RunningShop, slow_shop: FaultyShop, tmp_path: Path
) -> None:
    goes_on = threading.Event()
    answer_at_last = forwards_to(shop.url)

    def thinks(call: Call) -> None:
        goes_on.wait(15)
        answer_at_last(call)

    environment = create_environment(
        shop,
        tmp_path,
        HANDOFF_MAGENTO_URL=slow_shop.url,
        HANDOFF_STOREFRONT_URL=shop.url,
        HANDOFF_MAGENTO_TIMEOUT="30",
        HANDOFF_CHECKOUT_PREFLIGHT="off",
        GUNICORN_CMD_ARGS=options,
    )
    with (
        running_service(environment, tmp_path, workers=1) as service,
        ThreadPoolExecutor(CALLERS) as callers,
    ):
        link = transfer(service.url, 0).json()["url"]
        slow_shop.behaviour = thinks
        try:
            sent = [callers.submit(transfer, service.url, 1 + n) for n in range(CALLERS)]
            answered = as_completed(sent, timeout=10)
            refused = [next(answered).result() for _ in range(CALLERS - slots)]
            assert {answer.json()["code"] for answer in refused} == {"busy"}
            assert {(each.status_code, each.headers["Retry-After"]) for each in refused} == {
                (503, "2")
            }
            with requests.Session() as phone:
                assert phone.get(link, timeout=10).status_code == 200
                assert phone.post(link, timeout=10, allow_redirects=False).status_code == 303
            assert sum(call.done() for call in sent) == len(refused)
        finally:
            goes_on.set()
        assert [answer.result().status_code for answer in answered] == [200] * slots
        assert transfer(service.url, 100).status_code == 200


def test_a_place_that_becomes_free_in_time_is_taken() -> None:
    limit = ConcurrencyLimit(1)
    is_held, may_end, is_taken = threading.Event(), threading.Event(), threading.Event()

    def hold_first() -> None:
        with limit.acquire_slot(0):
            is_held.set()
            may_end.wait(20)

    def wait_for_place() -> None:
        with limit.acquire_slot(20):
            is_taken.set()

    with ThreadPoolExecutor(2) as threads:
        threads.submit(hold_first)
        assert is_held.wait(20)
        waiting = threads.submit(wait_for_place)
        assert not is_taken.is_set()
        may_end.set()
        waiting.result()
    assert is_taken.is_set()


def test_without_a_free_place_the_caller_is_refused_and_holds_none() -> None:
    limit = ConcurrencyLimit(2)
    with limit.acquire_slot(0), limit.acquire_slot(0):
        for _ in range(3):
            with pytest.raises(Busy), limit.acquire_slot(0.01):
                pass
    with limit.acquire_slot(0), limit.acquire_slot(0):
        pass


def count_slots(limit: ConcurrencyLimit) -> int:
    """Return how many slots are free."""
    with ExitStack() as held:
        for count in range(100):
            try:
                held.enter_context(limit.acquire_slot(0))
            except Busy:
                return count
    raise AssertionError("no limit")


@pytest.mark.parametrize("direct_entry", [False, True])
@pytest.mark.parametrize("threads", [4, 5, 8, 16, 32, 64])
def test_one_thread_at_least_is_left_to_links(threads: int, direct_entry: bool) -> None:
    limits: ShopCallLimits = build_shop_call_limits(threads, direct_entry=direct_entry)
    slots = [count_slots(limits.transfers), count_slots(limits.order_lookups)]
    if direct_entry:
        slots.append(count_slots(limits.direct_entries))
    assert min(slots) >= 1
    assert sum(slots) < threads


def test_direct_entries_of_strangers_take_no_place_of_a_transfer(
    make_app: MakeApp, slow_shop: FaultyShop
) -> None:
    app = make_app(direct_entry=True, magento_url=slow_shop.url, checkout_preflight="off")
    goes_on = threading.Event()
    answer_at_last = slow_shop.behaviour

    def think_about_strangers(call: Call) -> None:
        if "mine" in call.path:
            goes_on.wait(15)
        answer_at_last(call)

    def enter(number: int) -> int:
        form = {"quote_id": str(number), "token_id": "a-token-of-a-stranger"}
        return app.test_client().post("/enter", data=form).status_code

    slow_shop.behaviour = think_about_strangers
    with ThreadPoolExecutor(SLOTS) as strangers:
        try:
            entries = [strangers.submit(enter, 1 + number) for number in range(SLOTS)]
            assert next(as_completed(entries, timeout=10)).result() == 503
            poq = Poq(app.test_client())
            answers = [
                poq.transfer_bag(("ITEM-01", 1), reference=f"r-{number}") for number in range(5)
            ]
            assert [answer.status_code for answer in answers] == [200] * 5
        finally:
            goes_on.set()


@pytest.mark.parametrize("direct", [False, True])
def test_a_stranger_who_names_a_customers_quote_does_not_delay_its_transfer(
    direct: bool, make_app: MakeApp, shop: RunningShop, slow_shop: FaultyShop
) -> None:
    app = make_app(
        direct_entry=True, magento_url=slow_shop.url, checkout_preflight="off", magento_timeout=10
    )
    token = shop.log_in_customer()
    quote_id = str(shop.fill_customer_quote(token, ("ITEM-01", 1)))
    goes_on, is_asked = threading.Event(), threading.Event()
    answer_at_last = slow_shop.behaviour

    def think_about_strangers(call: Call) -> None:
        if "stranger" in str(call.headers):
            is_asked.set()
            goes_on.wait(15)
        answer_at_last(call)

    def hold_up() -> None:
        form = {"quote_id": quote_id, "token_id": "a-token-of-a-stranger"}
        client = app.test_client()
        if direct:
            client.post("/enter", data=form)
        else:
            Poq(client).transfer(form)

    slow_shop.behaviour = think_about_strangers
    with ThreadPoolExecutor(1) as stranger:
        try:
            stranger.submit(hold_up)
            assert is_asked.wait(10)
            transfer = {"quote_id": quote_id, "token_id": token}
            assert Poq(app.test_client()).transfer(transfer).status_code == 200
        finally:
            goes_on.set()


def test_an_order_lookup_of_the_entry_page_waits_for_no_place(
    make_app: MakeApp, slow_shop: FaultyShop
) -> None:
    app = make_app(
        magento_url=slow_shop.url,
        magento_access_token=SecretStr("a-token-of-the-shop"),
        magento_timeout=10,
        checkout_preflight="off",
    )
    link = Poq(app.test_client()).request_link()
    assert use_link(app.test_client(), link).status_code == 303
    goes_on = threading.Event()

    def think_and_break(call: Call) -> None:
        goes_on.wait(15)
        call.reset()

    slow_shop.behaviour = think_and_break
    slow_shop.calls.clear()
    with ThreadPoolExecutor(1) as others:
        try:
            others.submit(app.test_client().get, link)
            until = time.monotonic() + 10
            while not slow_shop.calls and time.monotonic() < until:
                time.sleep(0.01)
            assert "This link has already been used" in app.test_client().get(link).text
            assert len(slow_shop.calls) == 1
        finally:
            goes_on.set()


def test_a_transfer_that_fails_gives_its_place_back(
    make_app: MakeApp, slow_shop: FaultyShop
) -> None:
    slow_shop.behaviour = answers_page(500)
    poq = Poq(make_app(magento_url=slow_shop.url).test_client())
    for number in range(2 * SLOTS):
        answer = poq.transfer_bag(("ITEM-01", 1), reference=f"r-{number}")
        assert answer.get_json()["code"] == "shop_unavailable"

"""Transfers that wait for a slow shop: so many at once, and nobody else waits behind them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import requests

from handoff.concurrency_limit import ConcurrencyLimit
from handoff.problems import Busy, ShopTimeout
from tests.conftest import MakeApp, Poq
from tests.magento.behaviours import page, passes_on
from tests.magento.faults import Call, FaultyShop, faulty_shop
from tests.running import RunningShop, running_service
from tests.talking import environment_for, post_transfer

SEATS = 12
CALLERS = 24


@pytest.fixture
def slow_shop(shop: RunningShop) -> Iterator[FaultyShop]:
    """What stands before the stand-in shop."""
    with faulty_shop(passes_on(shop.url)) as slow_shop:
        yield slow_shop


def transfer(url: str, number: int) -> requests.Response:
    items = [{"sku": "ITEM-01", "quantity": 1}]
    return post_transfer(url, {"items": items, "currency": "GBP", "reference": f"r-{number}"})


@pytest.mark.parametrize(("options", "seats"), [("", SEATS), ("--threads 4", 3)])
def test_shoppers_with_links_are_let_in_while_transfers_wait_for_the_shop(
    options: str, seats: int, shop: RunningShop, slow_shop: FaultyShop, tmp_path: Path
) -> None:
    goes_on = threading.Event()
    answer_at_last = passes_on(shop.url)

    def thinks(call: Call) -> None:
        goes_on.wait(15)
        answer_at_last(call)

    environment = environment_for(
        shop,
        tmp_path,
        HANDOFF_MAGENTO_URL=slow_shop.url,
        HANDOFF_STOREFRONT_URL=shop.url,
        HANDOFF_MAGENTO_TIMEOUT="30",
        HANDOFF_ASK_CHECKOUT="false",
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
            refused = [next(answered).result() for _ in range(CALLERS - seats)]
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
        assert [answer.result().status_code for answer in answered] == [200] * seats
        assert transfer(service.url, 100).status_code == 200


def test_where_seats_come_free_quickly_one_is_waited_for() -> None:
    seats = ConcurrencyLimit(1, moment=20)
    sits, may_go, seated = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with seats.taken():
            sits.set()
            may_go.wait(20)

    def second() -> None:
        with seats.taken():
            seated.set()

    with ThreadPoolExecutor(2) as guests:
        guests.submit(first)
        assert sits.wait(20)
        waiting = guests.submit(second)
        assert not seated.is_set()
        may_go.set()
        waiting.result()
    assert seated.is_set()


def free(seats: ConcurrencyLimit) -> int:
    """Take seats until there are no more; return how many there were."""
    count = 0
    try:
        with ExitStack() as stack:
            while True:
                stack.enter_context(seats.taken())
                count += 1
    except Busy:
        return count


def test_who_runs_out_of_time_leaves_fewer_seats_and_who_does_not_brings_them_back() -> None:
    seats = ConcurrencyLimit(SEATS, moment=0)
    assert free(seats) == SEATS
    left = []
    for _ in range(7):
        with suppress(ShopTimeout), seats.taken():
            raise ShopTimeout
        left.append(free(seats))
    assert left == [9, 6, 5, 3, 2, 2, 2]
    for _ in range(100):
        with seats.taken():
            pass
    assert free(seats) == SEATS


def test_those_who_run_out_of_time_together_count_once() -> None:
    seats = ConcurrencyLimit(SEATS, moment=0)
    with suppress(ShopTimeout), ExitStack() as stack:
        for _ in range(SEATS):
            stack.enter_context(seats.taken())
        raise ShopTimeout
    assert free(seats) == 9


def test_who_fails_gives_the_seat_back(make_app: MakeApp, slow_shop: FaultyShop) -> None:
    slow_shop.behaviour = page(500)
    poq = Poq(make_app(magento_url=slow_shop.url).test_client())
    for number in range(2 * SEATS):
        answer = poq.bag(("ITEM-01", 1), reference=f"r-{number}")
        assert answer.get_json()["code"] == "shop_unavailable"

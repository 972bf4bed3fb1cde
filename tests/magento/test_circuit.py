"""A shop that is down is left alone, with one call at a time that looks whether it is back."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from handoff.deadline import Deadline
from handoff.magento.circuit import Circuit
from handoff.magento.client import MagentoClient
from handoff.problems import ShopAway, ShopDropped, ShopTimeout, ShopUnavailable
from tests.magento import behaviours as shop_that
from tests.magento.behaviours import answers, page, refuses
from tests.magento.conftest import Serve
from tests.magento.faults import Behaviour, Call, faulty_shop
from tests.magento.stages import MASKED_ID

DOWN: dict[str, Behaviour] = {
    "resets the connection": shop_that.resets,
    "cuts the body": shop_that.cuts_body,
    "answers 502 with a page": page(502),
    "answers 503 and asks for an hour": refuses(503, ("Retry-After", "3600")),
    "answers 504": page(504),
}
THERE: dict[str, Behaviour] = {
    "refuses a token": refuses(401),
    "knows no such quote": refuses(404),
    "asks for patience": refuses(429),
    "fails on this quote": refuses(500),
    "answers HTML": page(200),
    "redirects to itself": shop_that.redirects,
}


class Seconds:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def ask(client: MagentoClient, *, within: float = 5) -> type[BaseException] | None:
    """Make a call; return how it ended."""
    try:
        client.rest("GET", "any", store=None, deadline=Deadline.after(within))
    except (ShopUnavailable, ShopTimeout) as problem:
        return type(problem)
    return None


def fail(client: MagentoClient, seconds: Seconds, times: int = 5) -> None:
    """Make calls that have no answer, one a second."""
    for _ in range(times):
        assert ask(client) in (ShopAway, ShopDropped)
        seconds.now += 1


@pytest.mark.parametrize("fault", DOWN.values(), ids=DOWN)
def test_a_shop_that_is_down_is_left_alone_and_then_asked_again(
    fault: Behaviour, seconds: Seconds
) -> None:
    with faulty_shop(fault) as shop:
        client = MagentoClient(shop.url, circuit=Circuit(seconds))
        fail(client, seconds)
        asked = len(shop.calls)
        for _ in range(20):
            with pytest.raises(ShopUnavailable) as refused:
                client.rest("GET", "any", store=None, deadline=Deadline.after(5))
            assert refused.value.retry_after == 4
        assert len(shop.calls) == asked
        seconds.now += 4
        fail(client, seconds, 1)
        assert len(shop.calls) == asked + 1
        assert ask(client) is ShopUnavailable
        shop.behaviour = answers(200, {})
        seconds.now += 4
        assert [ask(client) for _ in range(3)] == [None] * 3


@pytest.mark.parametrize("fault", THERE.values(), ids=THERE)
def test_a_shop_that_says_no_is_there(fault: Behaviour, seconds: Seconds) -> None:
    with faulty_shop(fault) as shop:
        client = MagentoClient(shop.url, circuit=Circuit(seconds))
        for _ in range(30):
            ask(client)
            seconds.now += 1
        assert len(shop.calls) == 30


def test_a_slow_shop_is_left_alone_only_after_several_timeouts(seconds: Seconds) -> None:
    with faulty_shop(shop_that.late) as shop:
        client = MagentoClient(shop.url, circuit=Circuit(seconds))
        for _ in range(5):
            assert ask(client, within=0.05) is ShopTimeout
            seconds.now += 8
        assert ask(client, within=0.05) is ShopTimeout  # that was the one that looks
        assert ask(client, within=0.05) is ShopUnavailable


def test_one_answer_between_them_and_failures_start_anew(seconds: Seconds) -> None:
    with faulty_shop(page(503)) as shop:
        client = MagentoClient(shop.url, circuit=Circuit(seconds))
        for _ in range(5):
            shop.behaviour = page(503)
            fail(client, seconds, 4)
            shop.behaviour = refuses(404)
            assert ask(client) is None
        assert len(shop.calls) == 25


def test_connections_that_break_all_at_once_are_no_reason(seconds: Seconds) -> None:
    with faulty_shop(shop_that.resets) as shop:
        client = MagentoClient(shop.url, circuit=Circuit(seconds))
        assert {ask(client) for _ in range(30)} == {ShopDropped}
        shop.behaviour = answers(200, {})
        assert ask(client) is None


def test_a_deadline_that_has_passed_says_nothing_of_the_shop(seconds: Seconds) -> None:
    with faulty_shop(answers(200, {})) as shop:
        client = MagentoClient(shop.url, circuit=Circuit(seconds))
        for _ in range(10):
            assert ask(client, within=0) is ShopTimeout
            seconds.now += 1
        assert ask(client) is None


def test_pages_are_asked_whatever_the_circuit_says_and_have_no_part_in_it(
    seconds: Seconds,
) -> None:
    with faulty_shop(page(503)) as shop:
        client = MagentoClient(shop.url, circuit=Circuit(seconds))
        for _ in range(10):
            client.page("HEAD", f"{shop.url}/x/", cookies={}, deadline=Deadline.after(5))
            seconds.now += 1
        shop.behaviour = answers(200, {})
        assert ask(client) is None


def test_of_many_calls_at_once_one_looks_whether_the_shop_is_back(seconds: Seconds) -> None:
    gate = threading.Event()

    def waits(call: Call) -> None:
        gate.wait(10)
        call.send(shop_that.reply(200, b"{}"))

    with faulty_shop(shop_that.resets) as shop:
        client = MagentoClient(shop.url, circuit=Circuit(seconds))
        fail(client, seconds)
        shop.behaviour = waits
        seconds.now += 10
        asked = len(shop.calls)
        ends: list[Any] = []
        threads = [threading.Thread(target=lambda: ends.append(ask(client))) for _ in range(16)]
        for thread in threads:
            thread.start()
        until = time.monotonic() + 10
        while len(ends) < 15 and time.monotonic() < until:
            time.sleep(0.01)
        gate.set()
        for thread in threads:
            thread.join()
        assert len(shop.calls) == asked + 1
        assert ends == [ShopUnavailable] * 15 + [None]


def test_a_call_that_ends_in_a_fault_of_ours_leaves_the_way_free(seconds: Seconds) -> None:
    circuit = Circuit(seconds)
    for _ in range(5):
        with pytest.raises(ShopDropped), circuit.call():
            raise ShopDropped
        seconds.now += 1
    seconds.now += 5
    with pytest.raises(ZeroDivisionError), circuit.call():
        raise ZeroDivisionError
    with circuit.call():
        pass


def test_poq_is_told_at_once_and_when_to_come_back(
    serve: Serve, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handoff.magento.client.Circuit", lambda: Circuit(seconds))
    with faulty_shop(refuses(503, ("Retry-After", "3600"))) as shop, serve(shop.url) as service:
        for _ in range(5):
            assert service.poq.transfer({"quote_id": MASKED_ID}).status_code == 503
            seconds.now += 1
        asked = len(shop.calls)
        answer = service.poq.transfer({"quote_id": MASKED_ID})
        assert (answer.status_code, answer.get_json()["code"]) == (503, "shop_unavailable")
        assert answer.headers["Retry-After"] == "4"
        assert len(shop.calls) == asked

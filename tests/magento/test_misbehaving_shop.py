"""A faulty shop: every transfer gets a documented answer in time, and leaves nothing behind."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.test import TestResponse

from handoff.problems import Problem, ShopTimeout, ShopUnavailable
from tests.magento import shop_behaviours as shop_that
from tests.magento.conftest import RunService
from tests.magento.faulty_shop import Behaviour, Call, FaultyShop, faulty_shop
from tests.magento.service_in_process import ServiceInProcess
from tests.magento.shop_behaviours import (
    INNER,
    answers,
    answers_page,
    behaves_first,
    behaves_if,
    forwards_to,
    refuses,
    sends_raw,
)
from tests.magento.transfer_calls import (
    ADD_LINE,
    CREATE_CART,
    FILL_CART,
    MASKED_ID,
    READ_CUSTOMER_QUOTE,
    READ_GUEST_QUOTE,
    TOKEN,
    TRANSFER_CALLS,
    TransferCall,
)
from tests.running_servers import RunningShop

pytestmark = pytest.mark.waiting

SOON = 0.5  # seconds; shorter than any behaviour below that is slow
HANGS_AFTER = 2.0  # seconds beyond the timeout; a bound, and no promise

SLOW: dict[str, Behaviour] = {
    "thinks too long": shop_that.answers_late,
    "stalls in the middle of the body": shop_that.stalls,
    "sends headers a byte at a time": shop_that.drips_headers,
    "sends the body a byte at a time": shop_that.drips_body,
    "sends chunks a byte at a time": shop_that.drips_chunks,
    "keeps saying 100 Continue": shop_that.keeps_saying_continue,
}
HUGE_EXPONENT = b'{"a number": 1e-99999999999999999999}'  # beyond the range of Python's Decimal


def answers_huge_exponent(call: Call) -> None:
    call.send(shop_that.build_response(200, HUGE_EXPONENT, ("Content-Type", "application/json")))


BROKEN: dict[str, Behaviour] = {
    "answers a number that is beyond any range": answers_huge_exponent,
    "resets the connection": shop_that.resets,
    "hangs up": shop_that.hangs_up,
    "cuts the body": shop_that.cuts_body,
    "resets in the middle of the body": shop_that.resets_in_body,
    "sends a chunk of a negative size": shop_that.sends_negative_chunk,
    "answers 500": refuses(500),
    "answers 502 with a page": answers_page(502),
    "answers 503 and asks for an hour": refuses(503, ("Retry-After", "3600")),
    "answers 503 and asks for an absurd time": refuses(503, ("Retry-After", "9" * 5000)),
    "answers 503 and asks for a date": refuses(503, ("Retry-After", "Sat, 21 Nov 2026 20:00 GMT")),
    "answers 503 with a page, as for maintenance": answers_page(503),
    "answers 429": refuses(429),
    "says a length that is too small": shop_that.understates_length,
    "says a length that is no number": shop_that.sends_wrong_length,
    "says two lengths": shop_that.sends_two_lengths,
    "answers HTML": answers_page(200),
    "answers nothing": sends_raw(shop_that.build_response(200, b"")),
    "answers half of a JSON": sends_raw(shop_that.build_response(200, b'{"id": 1')),
    "answers JSON nested too deep": sends_raw(shop_that.build_response(200, b"[" * 200_000)),
    "speaks no HTTP": sends_raw(f"220 {INNER} ESMTP\r\n".encode()),
    "redirects to itself": shop_that.redirects,
    "redirects to an address that cannot be read": shop_that.redirects_to_unreadable_url,
    "redirects to no address": shop_that.redirects_to_invalid_url,
    "answers packed wrongly": shop_that.answers_wrongly_packed,
}
HEAVY: dict[str, Behaviour] = {
    "answers 48 MB": shop_that.answers_too_much,
    "answers 48 MB, packed": shop_that.answers_too_much_packed,
    "redirects with 48 MB": shop_that.redirects_with_large_body,
}
NONSENSE: dict[str, Behaviour] = {
    "a list": answers(200, [INNER]),
    "null": answers(200, None),
    "a text": answers(200, INNER),
    "a number": answers(200, 7),
    "an object without the fields": answers(200, {"message": INNER}),
    "fields of wrong types": answers(200, {"id": INNER, "is_active": INNER, "items": INNER}),
}


def answers_cart(**changes: object) -> Behaviour:
    """Answer with a guest's cart, in which some things are as no shop has them."""
    value = {
        "id": 7,
        "is_active": True,
        "store_id": 1,
        "items": [{"item_id": 1, "sku": "ITEM-01", "qty": 1, "price": 11}],
        "customer": {},
        "currency": {"quote_currency_code": "GBP"},
        "customer_is_guest": True,
    }
    return answers(200, {**value, **changes})


IMPOSSIBLE: dict[str, Behaviour] = {
    "a number that no database holds": answers_cart(id=2**64),
    "a negative number": answers_cart(id=-7),
    "a quantity that is none": answers(
        200, {"id": 7, "items": [{"item_id": 1, "sku": "A", "qty": float("nan")}]}
    ),
    "a quantity beyond all measure": answers_cart(items=[{"item_id": 1, "sku": "A", "qty": 1e300}]),
    "a sku that is no text": answers_cart(items=[{"item_id": 1, "sku": 5, "qty": 1}]),
    "lines that are null": answers_cart(items=None),
    "a line without a number": answers_cart(items=[{"sku": "A", "qty": 1}]),
    "a price that is none": answers_cart(
        items=[{"item_id": 1, "sku": "A", "qty": 1, "price": "free"}]
    ),
    "a negative count of lines": answers_cart(items_count=-1),
}


@pytest.fixture(params=TRANSFER_CALLS, ids=lambda call: call.name)
def call(request: pytest.FixtureRequest) -> TransferCall:
    found: TransferCall = request.param
    return found


def transfer(service: ServiceInProcess, call: TransferCall, *, timeout: float) -> TestResponse:
    """Post the transfer and hold the answer to what every failure has to keep to."""
    began = time.monotonic()
    answer = service.poq.transfer(call.body)
    assert time.monotonic() - began < timeout + HANGS_AFTER
    assert service.handoffs() == []
    assert service.leases() == []
    for word in (INNER, MASKED_ID, TOKEN):
        assert word not in answer.text + str(answer.headers)
    return answer


def assert_problem(answer: TestResponse, problem: type[Problem]) -> None:
    assert (answer.status_code, answer.get_json()["code"]) == (problem.status, problem.code)
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("fault", SLOW.values(), ids=SLOW)
@pytest.mark.parametrize("call", [READ_GUEST_QUOTE, FILL_CART], ids=lambda one: one.name)
def test_a_slow_shop_is_a_504_in_time(
    call: TransferCall, fault: Behaviour, shop: RunningShop, serve: RunService
) -> None:
    with (
        faulty_shop(call.with_fault(fault, shop.url)) as faulty,
        serve(faulty.url, magento_timeout=SOON) as service,
    ):
        assert_problem(transfer(service, call, timeout=SOON), ShopTimeout)


def test_every_call_of_a_transfer_keeps_to_the_deadline(
    call: TransferCall, shop: RunningShop, serve: RunService
) -> None:
    fault = call.with_fault(shop_that.drips_body, shop.url)
    with faulty_shop(fault) as faulty, serve(faulty.url, magento_timeout=SOON) as service:
        assert_problem(transfer(service, call, timeout=SOON), ShopTimeout)


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("call", [READ_GUEST_QUOTE, FILL_CART], ids=lambda one: one.name)
def test_a_broken_shop_is_a_503_that_says_when_to_come_back(
    call: TransferCall, fault: Behaviour, shop: RunningShop, serve: RunService
) -> None:
    with (
        faulty_shop(call.with_fault(fault, shop.url)) as faulty,
        serve(faulty.url, magento_timeout=5) as service,
    ):
        answer = transfer(service, call, timeout=5)
        assert_problem(answer, ShopUnavailable)
        assert 1 <= int(answer.headers["Retry-After"]) <= 60


@pytest.mark.parametrize("name", ["resets the connection", "answers 500", "answers HTML"])
def test_every_call_of_a_transfer_may_meet_a_broken_shop(
    call: TransferCall, name: str, shop: RunningShop, serve: RunService
) -> None:
    with (
        faulty_shop(call.with_fault(BROKEN[name], shop.url)) as faulty,
        serve(faulty.url) as service,
    ):
        assert_problem(transfer(service, call, timeout=8), ShopUnavailable)


@pytest.mark.parametrize("fault", NONSENSE.values(), ids=NONSENSE)
@pytest.mark.parametrize(
    "call", [READ_GUEST_QUOTE, READ_CUSTOMER_QUOTE, CREATE_CART], ids=lambda one: one.name
)
def test_a_shop_that_answers_nonsense_is_a_503(
    call: TransferCall, fault: Behaviour, shop: RunningShop, serve: RunService
) -> None:
    with (
        faulty_shop(call.with_fault(fault, shop.url)) as faulty,
        serve(faulty.url) as service,
    ):
        assert_problem(transfer(service, call, timeout=8), ShopUnavailable)


@pytest.mark.parametrize("fault", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_a_cart_with_impossible_values_is_a_503(fault: Behaviour, serve: RunService) -> None:
    with faulty_shop(fault) as faulty, serve(faulty.url) as service:
        assert_problem(transfer(service, READ_GUEST_QUOTE, timeout=8), ShopUnavailable)


@pytest.mark.parametrize(
    "call", [READ_GUEST_QUOTE, CREATE_CART, ADD_LINE, FILL_CART], ids=lambda one: one.name
)
def test_a_shop_that_requires_a_login_of_guests_is_a_503(
    call: TransferCall, shop: RunningShop, serve: RunService
) -> None:
    every_call = TransferCall(call.name, call.body, lambda call: True)
    with (
        faulty_shop(every_call.with_fault(refuses(401), shop.url)) as faulty,
        serve(faulty.url) as service,
    ):
        assert_problem(transfer(service, every_call, timeout=8), ShopUnavailable)


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize(
    "call", [call for call in TRANSFER_CALLS if call is not FILL_CART], ids=lambda one: one.name
)
def test_a_refusal_that_is_not_magentos_is_a_503(
    call: TransferCall, status: int, shop: RunningShop, serve: RunService
) -> None:
    with (
        faulty_shop(call.with_fault(answers_page(status), shop.url)) as faulty,
        serve(faulty.url) as service,
    ):
        assert_problem(transfer(service, call, timeout=8), ShopUnavailable)


@pytest.mark.parametrize(
    "fault",
    [shop_that.redirects, refuses(500), refuses(503, ("Retry-After", "1")), answers_page(200)],
    ids=["redirect", "500", "503", "a page"],
)
def test_a_call_that_was_answered_is_not_retried(fault: Behaviour, serve: RunService) -> None:
    with faulty_shop(fault) as faulty, serve(faulty.url) as service:
        transfer(service, READ_GUEST_QUOTE, timeout=8)
        assert faulty.paths() == [f"GET /rest/V1/guest-carts/{MASKED_ID}"]


@pytest.mark.parametrize("fault", HEAVY.values(), ids=HEAVY)
def test_a_far_too_large_answer_is_a_503_and_not_read_to_its_end(
    fault: Behaviour, serve: RunService
) -> None:
    with faulty_shop(fault) as faulty, serve(faulty.url) as service:
        assert_problem(transfer(service, READ_GUEST_QUOTE, timeout=8), ShopUnavailable)
        assert count_sent_bytes(faulty) < shop_that.LARGE / 2


@pytest.mark.parametrize("fault", [shop_that.resets, shop_that.hangs_up, shop_that.cuts_body])
def test_a_connection_that_keeps_breaking_is_tried_three_times(
    fault: Behaviour, serve: RunService
) -> None:
    with faulty_shop(fault) as faulty, serve(faulty.url) as service:
        assert_problem(transfer(service, READ_GUEST_QUOTE, timeout=8), ShopUnavailable)
        assert len(faulty.calls) == 3


def test_bytes_beyond_the_length_of_an_answer_are_not_read_as_the_next_answer(
    shop: RunningShop, serve: RunService
) -> None:
    masked_id = shop.create_guest_quote(("ITEM-01", 2))
    beyond = shop_that.build_response(200, b'"another answer"')

    def says_more(call: Call) -> None:
        call.send(shop_that.build_response(200, b"{}"))
        call.wait(0.2)
        call.send(beyond)

    behaviour = behaves_first(1, says_more, forwards_to(shop.url))
    with faulty_shop(behaviour) as faulty, serve(faulty.url) as service:
        transfer(service, READ_GUEST_QUOTE, timeout=8)
        assert count_sent_bytes(faulty) > len(beyond)
        assert service.poq.transfer({"quote_id": masked_id}).status_code == 200
        [row] = service.handoffs()
        assert row["bag"]["lines"] == [{"sku": "ITEM-01", "quantity": "2"}]


def test_while_some_transfers_wait_for_the_shop_others_go_on(
    shop: RunningShop, serve: RunService
) -> None:
    masked_id = shop.create_guest_quote(("ITEM-01", 1))
    behaviour = behaves_if(
        lambda call: MASKED_ID[1:] in call.path, shop_that.stalls, forwards_to(shop.url)
    )
    with (
        faulty_shop(behaviour) as faulty,
        serve(faulty.url, magento_timeout=5) as service,
        ThreadPoolExecutor(8) as poq,
    ):
        bodies = [{"quote_id": f"{number}{MASKED_ID[1:]}"} for number in range(8)]
        waiting = [poq.submit(service.poq.transfer, body) for body in bodies]
        until = time.monotonic() + 4
        while len(faulty.calls) < len(bodies) and time.monotonic() < until:
            time.sleep(0.01)
        assert service.poq.transfer({"quote_id": masked_id}).status_code == 200
        assert not any(each.done() for each in waiting)
        for each in waiting:
            assert_problem(each.result(), ShopTimeout)


def test_a_shop_that_does_not_listen_is_a_503(serve: RunService) -> None:
    with faulty_shop(shop_that.hangs_up) as gone:
        pass
    with serve(gone.url) as service:
        assert_problem(transfer(service, READ_GUEST_QUOTE, timeout=8), ShopUnavailable)


def test_all_retries_share_one_deadline(serve: RunService) -> None:
    def breaks_late(call: Call) -> None:
        call.wait(SOON * 0.6)
        call.reset()

    with faulty_shop(breaks_late) as faulty, serve(faulty.url, magento_timeout=SOON) as service:
        answer = transfer(service, READ_GUEST_QUOTE, timeout=SOON)
        assert answer.status_code in (ShopUnavailable.status, ShopTimeout.status)
        assert len(faulty.calls) < 3


def count_sent_bytes(faulty: FaultyShop) -> int:
    until = time.monotonic() + 60
    while time.monotonic() < until and not all(call.ended for call in faulty.calls):
        time.sleep(0.01)
    return sum(call.sent for call in faulty.calls)

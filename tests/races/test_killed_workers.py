"""A killed process blocks equal transfers until its lease ends, and loses no acknowledged write."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import BOTH, create_ledger
from tests.magento.faulty_shop import Call
from tests.races.call_gate import TIMEOUT, CallGate
from tests.races.conftest import build_environment
from tests.races.ledger_access import read_handoff, read_handoffs, read_leases, select_current
from tests.races.processes import find_worker_of_call, kill_all, kill_worker
from tests.races.retrying_load import ask_until_answered
from tests.races.simultaneous_requests import (
    NO_ANSWER,
    Answer,
    build_bag,
    build_entry_request,
    build_transfer_request,
    send,
)
from tests.running_servers import RunningService, RunningShop, running_service

pytestmark = pytest.mark.processes


def kill_worker_of_held_call(
    service: RunningService, gate: CallGate, asking: Future[Answer], ledger: str
) -> None:
    """Kill the worker whose call the gate holds, and which holds a lease."""
    pid = find_worker_of_call(service, gate.wait_for_held_call())
    assert len(read_leases(ledger)) == 1
    kill_worker(service, pid)
    with pytest.raises(NO_ANSWER):
        asking.result(timeout=TIMEOUT)


STAGES: dict[str, tuple[int, Callable[[Call], bool]]] = {
    "before there is a cart": (1, lambda call: call.path == "/graphql"),
    "when the cart is filled": (3, lambda call: call.method == "GET"),
}


@pytest.mark.parametrize(("lines", "held"), STAGES.values(), ids=list(STAGES))
def test_after_a_kill_the_same_bag_succeeds_when_the_lease_ends(
    lines: int,
    held: Callable[[Call], bool],
    gated: RunningService,
    gate: CallGate,
    gated_ledger: str,
    poq: ThreadPoolExecutor,
) -> None:
    reference = f"killed-{time.monotonic_ns()}"
    asked = build_transfer_request(build_bag(reference, lines))
    gate.hold_next(held)
    kill_worker_of_held_call(gated, gate, poq.submit(send, gated.url, asked), gated_ledger)
    answer = ask_until_answered(gated.url, asked)
    assert read_leases(gated_ledger) == []
    again = send(gated.url, asked)
    assert again.json == answer.json
    [row] = [row for row in read_handoffs(gated_ledger) if row["reference"] == reference]
    assert len(row["bag"]["lines"]) == lines
    assert send(gated.url, build_entry_request("POST", answer.json["url"])).status == 303


def test_transfers_that_wait_for_a_killed_process_succeed(
    gated: RunningService,
    gate: CallGate,
    shop: RunningShop,
    gated_ledger: str,
    poq: ThreadPoolExecutor,
) -> None:
    masked_id = shop.create_guest_quote(("ITEM-01", 1))
    asked = build_transfer_request({"quote_id": masked_id})
    gate.hold_next(lambda call: masked_id in call.path)
    first = poq.submit(send, gated.url, asked)
    pid = find_worker_of_call(gated, gate.wait_for_held_call())
    waiting = [poq.submit(ask_until_answered, gated.url, asked) for _ in range(3)]
    kill_worker(gated, pid)
    with pytest.raises(NO_ANSWER):
        first.result(timeout=TIMEOUT)
    answers = [each.result(timeout=60) for each in waiting]
    assert len({answer.json["url"] for answer in answers}) == 1
    number = read_handoff(gated_ledger, answers[0].json["url"])["quote_number"]
    assert len([row for row in read_handoffs(gated_ledger) if row["quote_number"] == number]) == 1
    assert read_leases(gated_ledger) == []


def test_a_customers_quote_is_checked_again_after_a_kill(
    gated: RunningService,
    gate: CallGate,
    shop: RunningShop,
    gated_ledger: str,
    poq: ThreadPoolExecutor,
) -> None:
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, ("ITEM-02", 1))
    asked = build_transfer_request({"quote_id": number, "token_id": token})
    gate.hold_next(lambda call: "/carts/mine" in call.path)
    kill_worker_of_held_call(gated, gate, poq.submit(send, gated.url, asked), gated_ledger)
    wrong = build_transfer_request({"quote_id": number, "token_id": "not-the-token"})
    ask_until_answered(gated.url, wrong, [401])
    # The lease of the killed worker's transfer goes on. It holds the token, so only this one waits.
    ask_until_answered(gated.url, asked)
    [row] = select_current(
        [row for row in read_handoffs(gated_ledger) if row["quote_number"] == number]
    )
    assert row["customer_id"] == 1


@pytest.mark.parametrize("number", range(3))
def test_an_acknowledged_link_works_after_all_workers_were_killed(
    number: int, gated: RunningService
) -> None:
    answer = send(gated.url, build_transfer_request(build_bag(f"acknowledged-{number}", 1)))
    for pid in gated.worker_pids():
        kill_worker(gated, pid)
    assert answer.status == 200
    assert send(gated.url, build_entry_request("POST", answer.json["url"])).status == 303


def test_the_web_view_that_entered_stays_the_only_one_after_all_workers_were_killed(
    gated: RunningService,
) -> None:
    link = send(gated.url, build_transfer_request(build_bag("let-in", 1))).json["url"]
    cookies = send(gated.url, build_entry_request("GET", link)).cookies
    entered = send(gated.url, build_entry_request("POST", link, cookies))
    for pid in gated.worker_pids():
        kill_worker(gated, pid)
    assert entered.status == 303
    assert send(gated.url, build_entry_request("POST", link)).status == 410
    assert send(gated.url, build_entry_request("POST", link, cookies)).status == 303


@pytest.fixture(params=BOTH)
def own_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return create_ledger(request, tmp_path)


def test_a_link_works_after_the_whole_service_was_killed_and_restarted(
    shop: RunningShop, own_ledger: str, tmp_path: Path
) -> None:
    settings = build_environment(shop.url, own_ledger, tmp_path)
    with running_service(settings, tmp_path, workers=1) as service:
        asked = build_transfer_request(build_bag("whole", 1))
        answer = send(service.url, asked)
        kill_all(service)
    assert answer.status == 200
    with running_service(settings, tmp_path, workers=1) as service:
        link = send(service.url, asked).json["url"]
        assert link.rpartition("/")[2] == answer.json["url"].rpartition("/")[2]
        assert send(service.url, build_entry_request("POST", link)).status == 303
        assert send(service.url, build_entry_request("POST", link)).status == 410

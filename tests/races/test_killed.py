"""A process that is killed blocks nobody, and what was acknowledged outlives it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import BOTH, new_ledger
from tests.magento.faulty_shop import Call
from tests.races.at_once import NO_ANSWER, Answer, bag, entry_request, one, transfer_request
from tests.races.conftest import environment
from tests.races.gate import PATIENCE, Gate
from tests.races.ledgers import claims, handoff_of, handoffs, live
from tests.races.load import ask_until_answered
from tests.races.processes import kill_all, kill_worker, worker_behind
from tests.running import RunningService, RunningShop, running_service


def killed_while_asking(
    service: RunningService, gate: Gate, asking: Future[Answer], ledger: str
) -> None:
    """Kill the worker whose call the gate holds, which holds a claim as well."""
    pid = worker_behind(service, gate.caught().peer_port)
    assert len(claims(ledger)) == 1
    kill_worker(service, pid)
    with pytest.raises(NO_ANSWER):
        asking.result(timeout=PATIENCE)


STAGES: dict[str, tuple[int, Callable[[Call], bool]]] = {
    "before there is a cart": (1, lambda call: call.path == "/graphql"),
    "when the cart is filled": (3, lambda call: call.method == "GET"),
}


@pytest.mark.parametrize(("lines", "held"), STAGES.values(), ids=list(STAGES))
def test_after_a_kill_the_same_bag_succeeds_when_the_lease_ends(
    lines: int,
    held: Callable[[Call], bool],
    gated: RunningService,
    gate: Gate,
    gated_ledger: str,
    poq: ThreadPoolExecutor,
) -> None:
    reference = f"killed-{time.monotonic_ns()}"
    asked = transfer_request(bag(reference, lines))
    gate.hold_next(held)
    killed_while_asking(gated, gate, poq.submit(one, gated.url, asked), gated_ledger)
    answer = ask_until_answered(gated.url, asked)
    assert claims(gated_ledger) == []
    again = one(gated.url, asked)
    assert again.json == answer.json
    [row] = [row for row in handoffs(gated_ledger) if row["reference"] == reference]
    assert len(row["bag"]["lines"]) == lines
    assert one(gated.url, entry_request("POST", answer.json["url"])).status == 303


def test_who_waits_behind_a_killed_process_takes_over(
    gated: RunningService,
    gate: Gate,
    shop: RunningShop,
    gated_ledger: str,
    poq: ThreadPoolExecutor,
) -> None:
    masked_id = shop.guest_quote(("ITEM-01", 1))
    asked = transfer_request({"quote_id": masked_id})
    gate.hold_next(lambda call: masked_id in call.path)
    first = poq.submit(one, gated.url, asked)
    pid = worker_behind(gated, gate.caught().peer_port)
    waiting = [poq.submit(ask_until_answered, gated.url, asked) for _ in range(3)]
    kill_worker(gated, pid)
    with pytest.raises(NO_ANSWER):
        first.result(timeout=PATIENCE)
    answers = [each.result(timeout=60) for each in waiting]
    assert len({answer.json["url"] for answer in answers}) == 1
    number = handoff_of(gated_ledger, answers[0].json["url"])["quote_number"]
    assert len([row for row in handoffs(gated_ledger) if row["quote_number"] == number]) == 1
    assert claims(gated_ledger) == []


def test_a_customers_quote_is_looked_at_again_after_a_kill(
    gated: RunningService,
    gate: Gate,
    shop: RunningShop,
    gated_ledger: str,
    poq: ThreadPoolExecutor,
) -> None:
    token = shop.customer_token()
    number = shop.customer_quote(token, ("ITEM-02", 1))
    asked = transfer_request({"quote_id": number, "token_id": token})
    gate.hold_next(lambda call: "/carts/mine" in call.path)
    killed_while_asking(gated, gate, poq.submit(one, gated.url, asked), gated_ledger)
    wrong = transfer_request({"quote_id": number, "token_id": "not-the-token"})
    ask_until_answered(gated.url, wrong, [401])
    assert one(gated.url, asked).status == 200
    [row] = live([row for row in handoffs(gated_ledger) if row["quote_number"] == number])
    assert row["customer_id"] == 1


@pytest.mark.parametrize("number", range(3))
def test_a_link_that_was_acknowledged_opens_after_all_workers_were_killed(
    number: int, gated: RunningService
) -> None:
    answer = one(gated.url, transfer_request(bag(f"acknowledged-{number}", 1)))
    for pid in gated.worker_pids():
        kill_worker(gated, pid)
    assert answer.status == 200
    assert one(gated.url, entry_request("POST", answer.json["url"])).status == 303


def test_who_was_let_in_stays_the_only_one_after_all_workers_were_killed(
    gated: RunningService,
) -> None:
    link = one(gated.url, transfer_request(bag("let-in", 1))).json["url"]
    cookies = one(gated.url, entry_request("GET", link)).cookies
    entered = one(gated.url, entry_request("POST", link, cookies))
    for pid in gated.worker_pids():
        kill_worker(gated, pid)
    assert entered.status == 303
    assert one(gated.url, entry_request("POST", link)).status == 410
    assert one(gated.url, entry_request("POST", link, cookies)).status == 303


@pytest.fixture(params=BOTH)
def own_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_ledger(request, tmp_path)


def test_the_whole_service_may_be_killed_and_started_anew(
    shop: RunningShop, own_ledger: str, tmp_path: Path
) -> None:
    settings = environment(shop.url, own_ledger, tmp_path)
    with running_service(settings, tmp_path, workers=1) as service:
        asked = transfer_request(bag("whole", 1))
        answer = one(service.url, asked)
        kill_all(service)
    assert answer.status == 200
    with running_service(settings, tmp_path, workers=1) as service:
        link = one(service.url, asked).json["url"]
        assert link.rpartition("/")[2] == answer.json["url"].rpartition("/")[2]
        assert one(service.url, entry_request("POST", link)).status == 303
        assert one(service.url, entry_request("POST", link)).status == 410

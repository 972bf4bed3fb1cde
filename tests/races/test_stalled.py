"""A process that stands still for longer than its lease, and then goes on as if nothing were."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.magento.faulty_shop import Call
from tests.races.at_once import bag, entry_request, one, transfer_request
from tests.races.gate import PATIENCE, Gate
from tests.races.ledgers import claims, handoffs, held, id_of, make_links
from tests.races.load import ask_until_answered
from tests.races.processes import kill_worker, stalled, worker_behind
from tests.running import RunningService


def is_last_look(call: Call) -> bool:
    return call.method == "GET"


def test_a_process_that_was_frozen_for_longer_than_its_lease_writes_nothing(
    gated: RunningService, gate: Gate, gated_ledger: str, poq: ThreadPoolExecutor
) -> None:
    asked = transfer_request(bag("overtaken", 3))
    gate.hold_next(is_last_look)
    slow = poq.submit(one, gated.url, asked)
    with stalled(worker_behind(gated, gate.caught().peer_port)):
        overtaker = ask_until_answered(gated.url, asked)
        gate.let_go()
    overtaken = slow.result(timeout=PATIENCE)
    assert (overtaken.status, overtaken.json["code"]) == (504, "shop_timeout")
    rows = [row for row in handoffs(gated_ledger) if row["reference"] == "overtaken"]
    assert [row["id"] for row in rows] == [id_of(overtaker.json["url"])]
    assert one(gated.url, asked).json == overtaker.json
    assert claims(gated_ledger) == []


def test_a_ledger_that_somebody_holds_for_ever_is_a_503_and_no_wait_for_ever(
    gated: RunningService, gated_ledger: str
) -> None:
    """What holds it may be a process that was frozen: nobody takes its lock away."""
    [link] = make_links(gated_ledger, 1)
    with held(gated_ledger):
        answer = one(gated.url, transfer_request(bag("held", 1)))
        page = one(gated.url, entry_request("POST", link))
    assert (answer.status, answer.json["code"]) == (503, "ledger_unavailable")
    assert page.status == 503
    assert one(gated.url, entry_request("POST", link)).status == 303


def test_workers_that_start_while_somebody_holds_the_ledger_wait_for_nobody(
    gated: RunningService, gated_ledger: str
) -> None:
    [link] = make_links(gated_ledger, 1)
    with held(gated_ledger):
        for pid in gated.worker_pids():
            kill_worker(gated, pid)
        assert one(gated.url, entry_request("GET", link)).status == 200
        assert one(gated.url, entry_request("POST", link)).status == 503
    assert gated.process.poll() is None
    assert one(gated.url, entry_request("POST", link)).status == 303

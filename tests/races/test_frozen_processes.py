"""Processes that are frozen for longer than their lease, or while they lock the ledger."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.child_processes import freeze
from tests.magento.faulty_shop import Call
from tests.races.call_gate import TIMEOUT, CallGate
from tests.races.ledger_access import (
    get_handoff_id,
    issue_links,
    locked_ledger,
    read_handoffs,
    read_leases,
)
from tests.races.processes import find_worker_of_call, kill_worker
from tests.races.retrying_load import ask_until_answered
from tests.races.simultaneous_requests import (
    build_bag,
    build_entry_request,
    build_transfer_request,
    send,
)
from tests.running_servers import RunningService

pytestmark = pytest.mark.processes


def is_read_of_filled_cart(call: Call) -> bool:
    return call.method == "GET"


def test_a_process_that_was_frozen_for_longer_than_its_lease_writes_nothing(
    gated: RunningService, gate: CallGate, gated_ledger: str, poq: ThreadPoolExecutor
) -> None:
    asked = build_transfer_request(build_bag("overtaken", 3))
    gate.hold_next(is_read_of_filled_cart)
    slow = poq.submit(send, gated.url, asked)
    with freeze(find_worker_of_call(gated, gate.wait_for_held_call())):
        overtaker = ask_until_answered(gated.url, asked)
        gate.release()
    overtaken = slow.result(timeout=TIMEOUT)
    assert (overtaken.status, overtaken.json["code"]) == (504, "shop_timeout")
    rows = [row for row in read_handoffs(gated_ledger) if row["reference"] == "overtaken"]
    assert [row["id"] for row in rows] == [get_handoff_id(overtaker.json["url"])]
    assert send(gated.url, asked).json == overtaker.json
    assert read_leases(gated_ledger) == []


def test_a_request_on_a_locked_ledger_is_answered_503(
    gated: RunningService, gated_ledger: str
) -> None:
    """A frozen process keeps its lock, and nothing takes it away."""
    [link] = issue_links(gated_ledger, 1)
    with locked_ledger(gated_ledger):
        answer = send(gated.url, build_transfer_request(build_bag("held", 1)))
        page = send(gated.url, build_entry_request("POST", link))
    assert (answer.status, answer.json["code"]) == (503, "ledger_unavailable")
    assert page.status == 503
    assert send(gated.url, build_entry_request("POST", link)).status == 303


def test_workers_start_while_the_ledger_is_locked(gated: RunningService, gated_ledger: str) -> None:
    [link] = issue_links(gated_ledger, 1)
    with locked_ledger(gated_ledger):
        for pid in gated.worker_pids():
            kill_worker(gated, pid)
        assert send(gated.url, build_entry_request("GET", link)).status == 200
        assert send(gated.url, build_entry_request("POST", link)).status == 503
    assert gated.process.poll() is None
    assert send(gated.url, build_entry_request("POST", link)).status == 303

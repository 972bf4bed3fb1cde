"""Many links, and several processes that each try to use all of them."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.races.ledger_access import get_handoff_id, issue_links, read_handoffs
from tests.races.link_tries import post_to_every_link, set_start_barrier
from tests.running_servers import RunningService

pytestmark = pytest.mark.processes

LINKS = 400
PROCESSES = 8


def test_exactly_one_of_eight_processes_uses_each_link(
    service: RunningService, ledger: str
) -> None:
    links = issue_links(ledger, LINKS)
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(PROCESSES)
    with ProcessPoolExecutor(
        PROCESSES, spawn, initializer=set_start_barrier, initargs=(start,)
    ) as pool:
        tries = [
            pool.submit(post_to_every_link, service.url, links, seed) for seed in range(PROCESSES)
        ]
        answers = [each.result(timeout=120) for each in tries]
    for index in range(LINKS):
        seen = Counter(statuses[index] for statuses in answers)
        assert seen == {303: 1, 410: PROCESSES - 1}
    entered = {row["id"] for row in read_handoffs(ledger) if row["session_written_at"] is not None}
    assert {get_handoff_id(link) for link in links} <= entered

"""Many links, and several processes that each try all of them."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.races.ledgers import handoffs, id_of, make_links
from tests.races.trying import meet_at, try_all
from tests.running import RunningService

LINKS = 400
PROCESSES = 8


def test_every_link_lets_exactly_one_of_eight_processes_in(
    service: RunningService, ledger: str
) -> None:
    links = make_links(ledger, LINKS)
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, spawn, initializer=meet_at, initargs=(start,)) as pool:
        tries = [pool.submit(try_all, service.url, links, seed) for seed in range(PROCESSES)]
        answers = [each.result(timeout=120) for each in tries]
    for index in range(LINKS):
        seen = Counter(statuses[index] for statuses in answers)
        assert seen == {303: 1, 410: PROCESSES - 1}
    bound = {row["id"] for row in handoffs(ledger) if row["session_written_at"] is not None}
    assert {id_of(link) for link in links} <= bound

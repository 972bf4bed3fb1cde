"""The server of the ledger goes away and comes back while transfers and shoppers go on."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.postgres import PostgresServer, running_postgres
from tests.races.at_once import NO_ANSWER, Answer, bag, entry_request, one, transfer_request
from tests.races.conftest import environment
from tests.races.ledgers import handoffs, live
from tests.races.processes import kill_worker
from tests.running import RunningService, RunningShop, running_service

PATIENCE = 30.0  # seconds for the service to serve again by itself


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def service(shop: RunningShop, server: PostgresServer, tmp_path: Path) -> Iterator[RunningService]:
    values = environment(shop.url, server.url(), tmp_path)
    with running_service(values, tmp_path, workers=2) as service:
        yield service


@dataclass(slots=True)
class Load:
    """Poq and shoppers, one after the other, for as long as the block lasts."""

    url: str
    given: dict[str, int] = field(default_factory=dict)
    """The links that were given, and how many newcomers each has let in."""
    answered: Counter[int] = field(default_factory=Counter)
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, name: str) -> None:
        """Hand bags over, and let two newcomers try each link."""
        number = 0
        while not self._over.is_set():
            number += 1
            answer = self._ask(transfer_request(bag(f"{name}-{number}", 1)))
            if answer is None or answer.status != 200:
                continue
            link = answer.json["url"]
            tries = [self._ask(entry_request("POST", link)) for _ in range(2)]
            entered = sum(each is not None and each.status == 303 for each in tries)
            with self._lock:
                self.given[link] = entered

    def end(self) -> None:
        """Let the threads come to their end."""
        self._over.set()

    def _ask(self, asked: bytes) -> Answer | None:
        try:
            answer = one(self.url, asked)
        except NO_ANSWER:
            return None
        with self._lock:
            self.answered[answer.status] += 1
        return answer


@pytest.fixture
def load(service: RunningService) -> Iterator[Load]:
    load = Load(service.url)
    threads = [threading.Thread(target=load.run, args=(f"load{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    yield load
    load.end()
    for thread in threads:
        thread.join()


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def serves(load: Load) -> None:
    """Wait until links are given again."""
    before = len(load.given)
    wait_until(lambda: len(load.given) > before + 4)


ENDINGS: dict[str, Callable[[PostgresServer], None]] = {
    "restarted": PostgresServer.stop,
    "killed": PostgresServer.kill,
}


@pytest.mark.parametrize("end", ENDINGS.values(), ids=list(ENDINGS))
def test_a_restart_is_a_few_refusals_and_no_wrong_answer(
    end: Callable[[PostgresServer], None],
    server: PostgresServer,
    service: RunningService,
    load: Load,
) -> None:
    for _ in range(3):
        serves(load)
        end(server)
        refused = load.answered[503]
        wait_until(lambda before=refused: load.answered[503] > before)  # type: ignore[misc]
        server.start()
    serves(load)
    load.end()
    assert set(load.answered) <= {200, 303, 410, 503, 504}
    assert_each_link_lets_one_in(service, load)
    assert_the_ledger_agrees(server, load)


def test_a_worker_that_starts_while_the_server_is_away_serves_when_it_is_back(
    server: PostgresServer, service: RunningService, load: Load
) -> None:
    serves(load)
    server.stop()
    for pid in service.worker_pids():
        kill_worker(service, pid)
    wait_until(lambda: len(service.worker_pids()) == 2)
    refused = load.answered[503]
    wait_until(lambda: load.answered[503] > refused)
    assert service.process.poll() is None
    server.start()
    serves(load)


def assert_each_link_lets_one_in(service: RunningService, load: Load) -> None:
    """Require that nobody was let in twice, and that what was opened stays closed to others."""
    assert max(load.given.values()) == 1
    for link in [link for link, entered in load.given.items() if entered]:
        assert one(service.url, entry_request("POST", link)).status == 410


def assert_the_ledger_agrees(server: PostgresServer, load: Load) -> None:
    """Require that every link that was given is in the ledger, and one for each reference."""
    rows = handoffs(server.url())
    ids = {row["id"] for row in rows}
    given = {link.rpartition("/")[2].partition(".")[0] for link in load.given}
    assert given <= ids
    current = Counter(row["key"] for row in live(rows))
    assert set(current.values()) == {1}

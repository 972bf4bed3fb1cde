"""Poq and shoppers who go on whatever happens, and ask again until somebody has answered them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.races.at_once import NO_ANSWER, Answer, bag, entry_request, one, transfer_request
from tests.races.ledgers import handoffs, id_of, live

PATIENCE = 60.0  # seconds for the service to serve again by itself; far more than it takes
_PAUSE = 0.02  # seconds before somebody asks again
_MAY_PASS = (503, 504)


class Load:
    """Bags that are handed over, and for each link two web views that want in at once."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.given: list[str] = []
        """The links that were given."""
        self.ended: dict[str, list[int]] = {}
        """How it ended for the web views of each link: the last answer of each."""
        self.over = threading.Event()
        self._lock = threading.Lock()

    def run(self, name: str) -> None:
        """Hand bags over, each until its link is there, and open each link."""
        number = 0
        with ThreadPoolExecutor(2) as web_views:
            while not self.over.is_set():
                number += 1
                asked = transfer_request(bag(f"{name}-{number}", 1))
                link = str(self._ask(asked, (200,)).json["url"])
                with self._lock:
                    self.given.append(link)
                looks = [self._ask(entry_request("GET", link), (200,)) for _ in range(2)]
                posts = [entry_request("POST", link, look.cookies) for look in looks]
                answers = list(web_views.map(self._enter, posts))
                with self._lock:
                    self.ended[link] = sorted(answer.status for answer in answers)

    def goes_on(self, links: int = 4) -> None:
        """Wait until some more links are given and opened."""
        before = len(self.ended)
        wait_until(lambda: len(self.ended) >= before + links)

    def _enter(self, asked: bytes) -> Answer:
        return self._ask(asked, (303, 410))

    def _ask(self, asked: bytes, wanted: Collection[int]) -> Answer:
        return ask_until_answered(self.url, asked, wanted)


def ask_until_answered(url: str, asked: bytes, wanted: Collection[int] = (200,)) -> Answer:
    """Repeat a request until its status is wanted; any other has to be 503 or 504."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            answer = one(url, asked)
        except NO_ANSWER:
            time.sleep(_PAUSE)
            continue
        if answer.status in wanted:
            return answer
        assert answer.status in _MAY_PASS, (answer.status, answer.body)
        time.sleep(_PAUSE)
    raise AssertionError("nobody has answered")


@contextmanager
def under_load(url: str, *, threads: int = 4) -> Iterator[Load]:
    """Put a service under load for the length of a block, and let what has begun come to an end."""
    load = Load(url)
    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(load.run, f"load{number}") for number in range(threads)]
        try:
            yield load
        finally:
            load.over.set()
    for each in running:
        each.result()


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for something that takes its time."""
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def assert_nothing_was_lost(load: Load, ledger: str) -> None:
    """Require that each link let one web view in and keeps all others out, and is in the ledger."""
    assert load.ended.keys() == set(load.given)
    assert Counter(map(tuple, load.ended.values())).keys() == {(303, 410)}
    late = Counter(one(load.url, entry_request("POST", link)).status for link in load.given)
    assert late == {410: len(load.given)}
    rows = handoffs(ledger)
    assert {id_of(link) for link in load.given} <= {row["id"] for row in rows}
    assert set(Counter(row["transfer_key"] for row in live(rows)).values()) == {1}

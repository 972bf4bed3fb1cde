"""Load by Poq and shoppers who repeat each request until it is answered."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.races.ledger_access import get_handoff_id, read_handoffs, select_current
from tests.races.simultaneous_requests import (
    NO_ANSWER,
    Answer,
    build_bag,
    build_entry_request,
    build_transfer_request,
    send,
)
from tests.waiting import wait_until

TIMEOUT = 60.0  # seconds in which the service has to recover by itself
_PAUSE = 0.02  # seconds before a repeat
_TEMPORARY = (503, 504)


class Load:
    """Transfers of bags, and for each link two web views that try to use it at once."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.links: list[str] = []
        """The links that transfers were answered with."""
        self.statuses_by_link: dict[str, list[int]] = {}
        """The final statuses of the two web views, by link."""
        self.stopped = threading.Event()
        self._lock = threading.Lock()

    def run(self, name: str) -> None:
        """Transfer bags and use their links until stopped."""
        number = 0
        with ThreadPoolExecutor(2) as web_views:
            while not self.stopped.is_set():
                number += 1
                asked = build_transfer_request(build_bag(f"{name}-{number}", 1))
                link = str(self._ask(asked, (200,)).json["url"])
                with self._lock:
                    self.links.append(link)
                looks = [self._ask(build_entry_request("GET", link), (200,)) for _ in range(2)]
                posts = [build_entry_request("POST", link, look.cookies) for look in looks]
                answers = list(web_views.map(self._enter, posts))
                with self._lock:
                    self.statuses_by_link[link] = sorted(answer.status for answer in answers)

    def wait_for_links(self, links: int = 4) -> None:
        """Wait until some links have been both issued and used since the call."""
        before = len(self.links)
        wait_until(
            lambda: sum(link in self.statuses_by_link for link in self.links[before:]) >= links
        )

    def _enter(self, asked: bytes) -> Answer:
        return self._ask(asked, (303, 410))

    def _ask(self, asked: bytes, wanted: Collection[int]) -> Answer:
        return ask_until_answered(self.url, asked, wanted)


def ask_until_answered(url: str, asked: bytes, wanted: Collection[int] = (200,)) -> Answer:
    """Repeat a request until its status is wanted; any other has to be 503 or 504."""
    until = time.monotonic() + TIMEOUT
    while time.monotonic() < until:
        try:
            answer = send(url, asked)
        except NO_ANSWER:
            time.sleep(_PAUSE)
            continue
        if answer.status in wanted:
            return answer
        assert answer.status in _TEMPORARY, (answer.status, answer.body)
        time.sleep(_PAUSE)
    raise AssertionError("the request was not answered")


@contextmanager
def run_load(url: str, *, threads: int = 4) -> Iterator[Load]:
    """Put a service under load for the block, and wait for what has begun."""
    load = Load(url)
    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(load.run, f"load{number}") for number in range(threads)]
        try:
            yield load
        finally:
            load.stopped.set()
            for each in running:
                each.result()


def assert_nothing_was_lost(load: Load, ledger: str) -> None:
    """Require that each link is in the ledger, let one web view in and refuses all others."""
    assert load.statuses_by_link.keys() == set(load.links)
    assert Counter(map(tuple, load.statuses_by_link.values())).keys() == {(303, 410)}
    late = Counter(send(load.url, build_entry_request("POST", link)).status for link in load.links)
    assert late == {410: len(load.links)}
    rows = read_handoffs(ledger)
    assert {get_handoff_id(link) for link in load.links} <= {row["id"] for row in rows}
    assert set(Counter(row["transfer_key"] for row in select_current(rows)).values()) == {1}

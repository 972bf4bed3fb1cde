"""A process that tries to use many links. It imports little, because eight start at once."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from http.client import HTTPConnection
from multiprocessing.synchronize import Barrier
from urllib.parse import urlsplit

_START_TIMEOUT = 60  # seconds
_ANSWER_TIMEOUT = 30  # seconds
_start: Barrier | None = None


def set_start_barrier(start: Barrier) -> None:
    """Set the barrier at which this process waits for the others."""
    global _start
    _start = start


def post_to_every_link(url: str, links: Sequence[str], seed: int) -> list[int]:
    """Post to every link as a new web view, and return the statuses in the order of the links.

    Half of the processes use the same order of links, the others a random one.
    """
    order = list(range(len(links)))
    if seed % 2:
        random.Random(seed).shuffle(order)
    statuses = [0] * len(links)
    target = urlsplit(url)
    line = HTTPConnection(target.hostname or "", target.port, timeout=_ANSWER_TIMEOUT)
    assert _start is not None
    _start.wait(timeout=_START_TIMEOUT)
    try:
        for index in order:
            cookie = _build_cookie(links[index], seed)
            line.request("POST", links[index], headers={"Cookie": cookie})
            answer = line.getresponse()
            answer.read()
            statuses[index] = answer.status
    finally:
        line.close()
    return statuses


def _build_cookie(link: str, seed: int) -> str:
    """Return the cookie that a web view of this process has from the page of a link."""
    handoff_id = link.rpartition("/")[2].partition(".")[0]
    name = f"handoff_{hashlib.sha256(handoff_id.encode()).hexdigest()[:12]}_000000"
    return f"{name}={seed:022d}"

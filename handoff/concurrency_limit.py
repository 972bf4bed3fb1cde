"""A limit on how many requests of a worker process wait for the shop at once.

A slow shop delays each of its callers for seconds. If all threads of a worker waited for it,
shoppers with good links would wait as well, although their requests do not need the shop.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from handoff.problems import Busy


class ConcurrencyLimit:
    """A bounded semaphore; safe to share between threads."""

    def __init__(self, slots: int) -> None:
        """`slots` is how many blocks may run at once."""
        self._semaphore = threading.BoundedSemaphore(slots)

    @contextmanager
    def acquire_slot(self, wait_seconds: float) -> Iterator[None]:
        """Hold a slot for the block; raise Busy if none becomes free within `wait_seconds`."""
        if not self._semaphore.acquire(timeout=wait_seconds):
            raise Busy
        try:
            yield
        finally:
            self._semaphore.release()

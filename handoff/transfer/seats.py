"""Seats for those who wait for the shop, so that they never fill the whole house.

A slow shop holds every transfer for as long as it may take. Were all threads of a worker to wait
for it, shoppers with good links would wait behind them, who need no shop to be let in.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from handoff.errors import Busy

_SHORT = 1.0  # seconds for which a seat is held where the shop is quick
_MOMENT = 0.25  # seconds; of a dozen seats held so shortly, one comes free within


class Seats:
    """So many transfers at once in one process; safe to share between threads."""

    def __init__(self, number: int, *, moment: float = _MOMENT) -> None:
        """Take the seconds for which one waits where seats come free quickly."""
        self._free = threading.Semaphore(number)
        self._moment = moment
        self._is_quick = True

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a seat for the length of the block; raises Busy where none comes free.

        Who waits for one holds a thread, too. So with a slow shop nobody does.
        """
        if not self._free.acquire(timeout=self._moment if self._is_quick else 0):
            self._is_quick = False
            raise Busy
        began = time.monotonic()
        try:
            yield
        finally:
            self._is_quick = time.monotonic() - began < _SHORT
            self._free.release()

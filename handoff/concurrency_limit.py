"""Seats for those who wait for the shop, so that they never fill the whole house.

A slow shop holds every transfer for as long as it may take. Were all threads of a worker to wait
for it, shoppers with good links would wait behind them, who need no shop to be let in. And a shop
that is asked for more than it manages gets nothing done in time: so there are fewer seats after
transfers that ran out of time, and more again after those that came off.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from handoff.problems import Busy, ShopTimeout

_SHORT = 1.0  # seconds for which a seat is held where the shop is quick
_MOMENT = 0.25  # seconds; of a dozen seats held so shortly, one comes free within
_LEAST = 2  # seats
_KEPT = 0.75  # of the seats, when time ran out


class ConcurrencyLimit:
    """So many transfers at once in one process; safe to share between threads."""

    def __init__(self, number: int, *, moment: float = _MOMENT) -> None:
        """Take the seconds for which one waits where seats come free quickly."""
        self._most = number
        self._moment = moment
        self._changed = threading.Condition()
        self._number = float(number)
        self._taken = 0
        self._is_quick = True
        self._fewer_since = 0.0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a seat for the length of the block; raises Busy where none comes free.

        Who waits for one holds a thread, too. So with a slow shop nobody does.
        """
        self._take()
        began = time.monotonic()
        try:
            yield
        except ShopTimeout:
            self._leave(began, fewer=True)
            raise
        except BaseException:
            self._leave(began)
            raise
        else:
            self._leave(began, more=True)

    def _take(self) -> None:
        patience = self._moment if self._is_quick else 0
        with self._changed:
            if not self._changed.wait_for(lambda: self._taken + 1 <= self._number, patience):
                self._is_quick = False
                raise Busy
            self._taken += 1

    def _leave(self, began: float, *, fewer: bool = False, more: bool = False) -> None:
        now = time.monotonic()
        with self._changed:
            self._taken -= 1
            self._is_quick = now - began < _SHORT
            # Those that ran out of time together say it together: that counts once.
            if fewer and began >= self._fewer_since:
                self._number = max(_LEAST, self._number * _KEPT)
                self._fewer_since = now
            if more:
                self._number = min(self._most, self._number + 1 / self._number)
            self._changed.notify()

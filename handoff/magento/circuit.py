"""Leaving a shop alone that is down, and finding out when it is back.

A shop that gives no answer is asked by every transfer until its time is up. Once that has gone on
for a while, one call at a time is let through, and all others are refused at once.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from handoff.problems import ShopAway, ShopDropped, ShopTimeout, ShopUnavailable

log = structlog.get_logger()

_FAILURES = 5  # in a row, and
_FAILING = 3.0  # seconds since the first of them: a restart breaks many connections at once
_LEFT_ALONE = 5.0  # seconds


class Circuit:
    """Whether one shop is asked, as this process has found it; safe to share between threads.

    It opens when calls have had no answer, five in a row and for three seconds, and closes with
    the next answer, whatever that says: a shop that refuses, or fails on one quote, is there.
    """

    def __init__(self, elapsed: Callable[[], float] = time.monotonic) -> None:
        """Take a clock in seconds."""
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._failures = 0
        self._failing_since = 0.0
        self._next_probe: float | None = None  # None: closed
        self._is_probing = False

    @contextmanager
    def call(self) -> Iterator[None]:
        """Let the block ask the shop, and learn from how it ends.

        Raises ShopUnavailable where the shop is left alone.
        """
        is_probe = self._enter()
        try:
            yield
        except (ShopAway, ShopDropped, ShopTimeout):
            self._unanswered()
            raise
        except ShopUnavailable:
            self._answered()
            raise
        else:
            self._answered()
        finally:
            if is_probe:
                with self._lock:
                    self._is_probing = False

    def _enter(self) -> bool:
        """Return whether this call is the one that finds out if the shop is back."""
        with self._lock:
            if self._next_probe is None:
                return False
            wait = self._next_probe - self._elapsed()
            if wait > 0 or self._is_probing:
                raise ShopUnavailable(
                    "The shop has not answered for a while and is left alone for some seconds.",
                    retry_after=max(1, math.ceil(wait)),
                )
            self._is_probing = True
            return True

    def _answered(self) -> None:
        with self._lock:
            if self._next_probe is not None:
                log.warning("shop_is_back")
            self._failures, self._next_probe = 0, None

    def _unanswered(self) -> None:
        with self._lock:
            now = self._elapsed()
            if not self._failures:
                self._failing_since = now
            self._failures += 1
            if self._failures < _FAILURES or now - self._failing_since < _FAILING:
                return
            if self._next_probe is None:
                log.error("shop_left_alone", failures=self._failures)
            self._next_probe = now + _LEFT_ALONE

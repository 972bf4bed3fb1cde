"""A value that is computed at most once in some seconds, for all threads of a worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class RecentValue(Generic[T]):
    """Computes a value again if the last one is older than `seconds`.

    One thread at a time computes.
    """

    def __init__(
        self,
        compute: Callable[[], T],
        *,
        seconds: float,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """`elapsed` is a clock in seconds."""
        self._compute = compute
        self._seconds = seconds
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._last: tuple[float, T] | None = None  # the time of computing, and the value

    def get(self, *, wait: bool = True) -> T:
        """Return the value; raises what computing it raises.

        While another thread computes, wait for it, or without `wait` return the value before.
        """
        is_locked = self._lock.acquire(blocking=wait or self._last is None)
        if not is_locked and self._last is not None:
            return self._last[1]
        try:
            if self._last is None or self._elapsed() - self._last[0] >= self._seconds:
                value = self._compute()
                self._last = (self._elapsed(), value)
            return self._last[1]
        finally:
            self._lock.release()

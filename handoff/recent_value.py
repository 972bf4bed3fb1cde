"""A value that is computed at most once in some seconds, for all threads of a worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class RecentValue(Generic[T]):
    """Computes a value again if the last one is older than `seconds`.

    Threads that ask meanwhile wait for the one that computes.
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
        self._value: tuple[float, T] | None = None

    def get(self) -> T:
        """Return the value; raises what computing it raises."""
        with self._lock:
            now = self._elapsed()
            if self._value is None or now - self._value[0] >= self._seconds:
                self._value = (now, self._compute())
            return self._value[1]

"""The time of the ledger: whole milliseconds since 1970, UTC."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]


def system_clock() -> int:
    """Return the time of this machine."""
    return time.time_ns() // 1_000_000

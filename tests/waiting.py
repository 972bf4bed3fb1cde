"""Waits until a condition is true."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(is_true: Callable[[], bool], *, seconds: float = 60.0) -> None:
    """Wait until a condition is true; fail the test if that takes longer."""
    until = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < until
        time.sleep(0.02)

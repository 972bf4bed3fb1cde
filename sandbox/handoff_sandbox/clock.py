from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], float]


def stamp(seconds: float) -> str:
    """Give a moment (Unix seconds) as Magento writes it, '2026-11-21 19:02:30', in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")

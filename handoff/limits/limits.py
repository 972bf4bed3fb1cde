"""Limits by the minute, which count together where there are shared counters.

Nobody is refused because the counters are away: each process then counts for itself, and asks
them again a few seconds later.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from handoff.ledger.clock import Clock
from handoff.limits.counters import Counters, CountersAway, MemoryCounters

log = structlog.get_logger()

_MINUTE = 60_000  # milliseconds
_LEFT_ALONE = 5.0  # seconds that shared counters are not asked after a failure


@dataclass(frozen=True, slots=True)
class Limit:
    """So many a minute under a name; 0 is no limit."""

    name: str
    per_minute: int


class Limits:
    """Counts who does what, by the minute of the clock."""

    def __init__(
        self,
        shared: Counters | None,
        clock: Clock,
        *,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the counters that all processes share, where there are any."""
        self._shared = shared
        self._own = MemoryCounters()
        self._clock = clock
        self._elapsed = elapsed
        self._left_alone_until = 0.0
        self._is_away = False

    def count(self, limit: Limit, who: str) -> int:
        """Count one more; return the seconds to wait where that is too many, else 0."""
        return self._wait(limit, who, lambda one, key, minute: one.add(key, minute), spare=0)

    def used_up(self, limit: Limit, who: str) -> int:
        """Count nothing; return the seconds to wait where one more would be too many, else 0."""
        return self._wait(limit, who, lambda one, key, minute: one.read(key, minute), spare=1)

    def _wait(
        self, limit: Limit, who: str, ask: Callable[[Counters, str, int], int], *, spare: int
    ) -> int:
        if not limit.per_minute:
            return 0
        minute, passed = divmod(self._clock(), _MINUTE)
        # Who it is may be a key, and those are not written down.
        key = f"{limit.name}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
        is_over = self._ask(lambda one: ask(one, key, minute)) + spare > limit.per_minute
        return math.ceil((_MINUTE - passed) / 1000) if is_over else 0

    def _ask(self, ask: Callable[[Counters], int]) -> int:
        if self._shared is None or self._elapsed() < self._left_alone_until:
            return ask(self._own)
        try:
            answer = ask(self._shared)
        except CountersAway as error:
            self._left_alone_until = self._elapsed() + _LEFT_ALONE
            if not self._is_away:
                log.error("limits_store_unavailable", reason=str(error))
            self._is_away = True
            return ask(self._own)
        self._is_away = False
        return answer

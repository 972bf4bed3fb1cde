"""Counters that end by themselves: in this process, or in a Redis that all processes share."""

from __future__ import annotations

import threading
from typing import Protocol, cast

import redis

_MOST = 100_000  # of one minute in memory, some 20 MB; a flood of addresses is not to fill it


class CountersAway(Exception):
    """The counters cannot be reached; the words name no address or secret."""


class Counters(Protocol):
    """Numbers by key, each for one minute. A minute is its number since 1970."""

    def add(self, key: str, minute: int) -> int:
        """Count one more and return the sum, or raise CountersAway."""

    def read(self, key: str, minute: int) -> int:
        """Return the sum, or raise CountersAway."""


class MemoryCounters:
    """Counters of this process; safe to share between its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute = 0
        self._sums: dict[str, int] = {}

    def add(self, key: str, minute: int) -> int:
        """Count one more and return the sum."""
        with self._lock:
            if minute != self._minute or len(self._sums) >= _MOST:
                self._minute, self._sums = minute, {}
            self._sums[key] = self._sums.get(key, 0) + 1
            return self._sums[key]

    def read(self, key: str, minute: int) -> int:
        """Return the sum."""
        with self._lock:
            return self._sums.get(key, 0) if minute == self._minute else 0


class RedisCounters:
    """Counters in Redis. Needs the rights to INCRBY, EXPIRE and GET on `handoff:*`, no others."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def add(self, key: str, minute: int) -> int:
        """Count one more and return the sum, or raise CountersAway."""
        name = _name(key, minute)
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                pipe.incr(name)
                pipe.expire(name, 120)  # hosts need not agree on when a minute ends
                return int(pipe.execute()[0])
        except redis.RedisError as error:
            raise CountersAway(type(error).__name__) from None

    def read(self, key: str, minute: int) -> int:
        """Return the sum, or raise CountersAway."""
        try:
            return int(cast("bytes | None", self._redis.get(_name(key, minute))) or 0)
        except redis.RedisError as error:
            raise CountersAway(type(error).__name__) from None


def _name(key: str, minute: int) -> str:
    return f"handoff:{minute}:{key}"

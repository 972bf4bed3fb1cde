"""Rate limits: how often a caller may do something within a minute, counted by `limits`.

Each worker counts in its own memory. If `HANDOFF_RATE_LIMIT_STORAGE_URL` names a Redis, all
workers and hosts count together there. If that Redis cannot be reached, the worker goes on with its
own count, and refuses callers that exceed the limit there. It tries Redis again a few seconds
later.
"""

from __future__ import annotations

import hmac
import math
import threading
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from handoff.deadline import Deadline, run_until
from handoff.problems import TooManyRequests

log = structlog.get_logger()

_REDIS_TIMEOUT = 0.25  # seconds for each command; a caller waits for the answer meanwhile
_MAX_WAIT = 2 * _REDIS_TIMEOUT  # seconds for all of a check, with the lookup of the name
_RETRY_DELAY = 5.0  # seconds between two attempts to reach a Redis that did not answer

_PERIOD = 60.0  # seconds in which events are counted together
_CLEANUP_INTERVAL = 60.0  # seconds between two removals of old counters

_Check = Callable[[FixedWindowRateLimiter, RateLimitItem, str], bool]


class _ThreadlessMemoryStorage(MemoryStorage):
    """Removes old counters once a minute; MemoryStorage starts a thread for it at each count."""

    _last_cleanup_at = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.timer.cancel()  # it has been started
        self.timer.join()

    def get(self, key: str) -> int:
        """Return a counter; 0 if it has ended, or began before the clock was set back."""
        if self.expirations.get(key, 0.0) > time.time() + _PERIOD:
            self.clear(key)
        return super().get(key)

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Add to a counter, which starts anew after `expiry` seconds, and return its value."""
        now = time.time()
        if abs(now - self._last_cleanup_at) >= _CLEANUP_INTERVAL:
            self._last_cleanup_at = now
            for old_key in [k for k, expires_at in self.expirations.items() if expires_at <= now]:
                self.clear(old_key)
        if not self.get(key):
            self.expirations[key] = now + expiry
        self.storage[key] += amount
        return self.storage[key]


class RateLimitCounters:
    """Counts in memory and, if there is one, in a shared Redis; safe to share between threads."""

    def __init__(self, secret_key: str, storage_url: str | None = None) -> None:
        """`secret_key` is the key of the HMAC that hides a caller. Connects to nothing yet."""
        self._secret_key = secret_key.encode()
        self._memory = FixedWindowRateLimiter(_ThreadlessMemoryStorage())
        self._redis = (
            FixedWindowRateLimiter(_build_redis_storage(storage_url)) if storage_url else None
        )
        self._lock = threading.Lock()
        self._redis_failed = False
        self._next_attempt_at = 0.0

    def hash_caller(self, limit_name: str, caller: str) -> str:
        """Return the hash of a caller, because addresses and API keys are not stored."""
        return hmac.digest(self._secret_key, f"{limit_name}:{caller}".encode(), "sha256").hex()

    def run_check_and_get_wait(self, check: _Check, item: RateLimitItem, key: str) -> int:
        """Run a check of `limits` and return the seconds until it can pass, 0 if it passes."""
        # The memory always counts, and decides if Redis cannot. MemoryStorage can lose a count if
        # two threads use it at once.
        with self._lock:
            by_memory = _run_check_in_storage(self._memory, check, item, key)
        if self._redis is None or not self._claim_redis_attempt():
            return by_memory
        redis = self._redis
        try:
            by_redis = run_until(
                Deadline.after(_MAX_WAIT), lambda: _run_check_in_storage(redis, check, item, key)
            )
        except Exception as error:
            # Besides errors of Redis there are errors of many types if another program answers.
            cause = error.storage_error if isinstance(error, StorageError) else error
            self._record_redis_failure(type(cause).__name__)
            return by_memory
        with self._lock:
            self._redis_failed = False
            self._next_attempt_at = 0.0
        return by_redis

    def _claim_redis_attempt(self) -> bool:
        """Return whether this thread should ask Redis; while Redis fails, one at a time does."""
        now = time.monotonic()
        with self._lock:
            if now < self._next_attempt_at:
                return False
            if self._redis_failed:
                self._next_attempt_at = now + _RETRY_DELAY
        return True

    def _record_redis_failure(self, reason: str) -> None:
        with self._lock:
            is_first = not self._redis_failed
            self._redis_failed = True
            self._next_attempt_at = time.monotonic() + _RETRY_DELAY
        if is_first:
            log.error("rate_limit_storage_unavailable", reason=reason)


class RateLimit:
    """A number of events that each caller is allowed within a minute; 0 allows any number."""

    def __init__(self, counters: RateLimitCounters, name: str, per_minute: int) -> None:
        self._counters = counters
        self._name = name
        self._item = RateLimitItemPerMinute(per_minute) if per_minute else None

    def count_event(self, caller: str) -> int:
        """Count an event and return the seconds that the caller has to wait, 0 if allowed."""
        return self._check_caller(FixedWindowRateLimiter.hit, caller)

    def count_event_or_raise(self, caller: str) -> None:
        """Count an event, or raise TooManyRequests with the seconds that the caller has to wait."""
        if wait := self.count_event(caller):
            raise TooManyRequests(retry_after=wait)

    def get_retry_after(self, caller: str) -> int:
        """Return the seconds until an event would be allowed, 0 if it is now. Count nothing."""
        return self._check_caller(FixedWindowRateLimiter.test, caller)

    def _check_caller(self, check: _Check, caller: str) -> int:
        # Callers without a known address are not counted: one of them could use up the events of
        # all the others.
        if self._item is None or not caller:
            return 0
        key = self._counters.hash_caller(self._name, caller)
        return self._counters.run_check_and_get_wait(check, self._item, key)


def get_caller_network(address: str | None) -> str:
    """Return the network that counts as one caller: an IPv4 address, or the /64 of an IPv6 one.

    One line of an internet provider usually has a whole /64. Without an address that can be read,
    for example on a Unix socket, return an empty text.
    """
    try:
        ip = ip_address(address or "")
    except ValueError:
        return ""
    if not isinstance(ip, IPv6Address):
        return str(ip)
    return str(ip.ipv4_mapped or ip_network((ip, 64), strict=False))


def _build_redis_storage(url: str) -> RedisStorage:
    """Return a storage that connects at its first command and never retries one."""
    options: dict[str, Any] = {
        "socket_connect_timeout": _REDIS_TIMEOUT,
        "socket_timeout": _REDIS_TIMEOUT,
        "retry": Retry(NoBackoff(), 0),
        # RESP2 and no client name, since counting must not need the rights to HELLO and CLIENT.
        "protocol": 2,
        "driver_info": None,
    }
    return RedisStorage(url, key_prefix="handoff", wrap_exceptions=True, **options)


def _run_check_in_storage(
    limiter: FixedWindowRateLimiter, check: _Check, item: RateLimitItem, key: str
) -> int:
    if check(limiter, item, key):
        return 0
    return max(1, math.ceil(limiter.storage.get_expiry(item.key_for(key)) - time.time()))

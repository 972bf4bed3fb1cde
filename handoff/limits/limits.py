"""Limits by the minute, counted in the ledger, so that all workers and hosts count together.

Each process tells what it has counted in steps of a hundredth of the limit, so that a limit in the
thousands costs next to nothing and holds to one in a hundred for each process; one below 200 is
exact. Nobody is refused because the ledger is away: each process then goes by what it knows, and
tells the rest a few seconds later.
"""

from __future__ import annotations

import hmac
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from handoff.ledger import Tallies, Tally
from handoff.problems import LedgerUnavailable

log = structlog.get_logger()

_STEPS = 100  # in which a limit is told to the others
_MINUTE = 60.0  # seconds
_LEFT_ALONE = 5.0  # seconds that the ledger is not told after a failure
_MOST = 100_000  # callers in memory, some 30 MB; a flood of them is not to fill it


@dataclass(frozen=True, slots=True)
class Limit:
    """So many a minute under a name; 0 is no limit."""

    name: str
    per_minute: int

    @property
    def step(self) -> int:
        """How many a process counts before it tells the others."""
        return max(1, self.per_minute // _STEPS)


@dataclass(slots=True)
class _Window:
    """What a process knows of one caller: the count of all, and its own that is not told yet."""

    until: float
    told: int = 0
    untold: int = 0


class Limits:
    """Counts who does what within a minute; safe to share between threads."""

    def __init__(
        self, tallies: Tallies, secret: str, *, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        """Take a secret, with which who it is gets illegible, and a clock in seconds."""
        self._tallies = tallies
        self._secret = secret.encode()
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._windows: dict[str, _Window] = {}
        self._forgets_at = 0.0
        self._left_alone_until = 0.0
        self._is_away = False

    def count(self, limit: Limit, who: str) -> int:
        """Count one more; return the seconds to wait where that is too many, else 0."""
        if not limit.per_minute:
            return 0
        key = self._key(limit, who)
        with self._lock:
            window = self._window(key)
            window.untold += 1
            amount = 0
            if window.told < limit.per_minute and window.untold >= limit.step:
                amount, window.untold = window.untold, 0
        count = self._tell(key, window, amount) if amount else None
        if count is None:
            count = window.told + window.untold
        return self._wait(window) if count > limit.per_minute else 0

    def used_up(self, limit: Limit, who: str) -> int:
        """Count nothing; return the seconds to wait where one more would be too many, else 0."""
        if not limit.per_minute:
            return 0
        key = self._key(limit, who)
        with self._lock:
            window = self._window(key)
        if window.told < limit.per_minute:
            self._learn(window, self._ledger_says(lambda: self._tallies.read(key)))
        return self._wait(window) if window.told + window.untold >= limit.per_minute else 0

    def _key(self, limit: Limit, who: str) -> str:
        """Name a caller without saying who it is: keys and addresses are not written down."""
        return hmac.digest(self._secret, f"{limit.name}:{who}".encode(), "sha256").hex()

    def _window(self, key: str) -> _Window:
        now = self._elapsed()
        window = self._windows.get(key)
        if window is None or window.until <= now:
            if len(self._windows) >= _MOST:
                self._windows.clear()
            window = self._windows[key] = _Window(now + _MINUTE)
        return window

    def _wait(self, window: _Window) -> int:
        return max(1, math.ceil(window.until - self._elapsed()))

    def _tell(self, key: str, window: _Window, amount: int) -> int | None:
        """Tell the others what was counted here, and return the count of all, None if in vain."""
        tally = self._ledger_says(lambda: self._tallies.add(key, amount))
        if tally is None:
            with self._lock:
                window.untold += amount
            return None
        self._learn(window, tally)
        return tally.count

    def _learn(self, window: _Window, tally: Tally | None) -> None:
        if tally is not None:
            window.told = tally.count
            window.until = self._elapsed() + tally.remaining / 1000

    def _ledger_says(self, ask: Callable[[], Tally | None]) -> Tally | None:
        now = self._elapsed()
        with self._lock:
            if now < self._left_alone_until:
                return None
            if self._is_away:  # one at a time finds out whether it is back: that may take seconds
                self._left_alone_until = now + _LEFT_ALONE
        try:
            if now >= self._forgets_at:
                self._forgets_at = now + _MINUTE
                self._tallies.forget()
            tally = ask()
        except LedgerUnavailable:
            self._left_alone_until = now + _LEFT_ALONE
            if not self._is_away:
                log.error("limits_not_shared")
            self._is_away = True
            return None
        self._is_away = False
        return tally

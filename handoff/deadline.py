"""Deadlines, and the deadline of the request that this thread works on."""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock, in seconds."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the moment that is `seconds` from now."""
        return cls(time.monotonic() + seconds)

    @classmethod
    def within_request(cls, seconds: float) -> Deadline:
        """Return the moment `seconds` from now, or the request's deadline if that is earlier."""
        wanted, limit = cls.after(seconds), _request_deadline.get()
        return wanted if limit is None or wanted.at < limit.at else limit

    @property
    def remaining(self) -> float:
        """Seconds that are left, 0 if the deadline has passed."""
        return max(0.0, self.at - time.monotonic())

    @property
    def has_passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining <= 0


_request_deadline: ContextVar[Deadline | None] = ContextVar("request_deadline", default=None)


def set_request_deadline(seconds: float) -> None:
    """Give the request of this thread a deadline `seconds` from now."""
    _request_deadline.set(Deadline.after(seconds))


def has_request_deadline_passed() -> bool:
    """Return whether the deadline of this thread's request has passed; False without one."""
    limit = _request_deadline.get()
    return limit is not None and limit.has_passed


def clear_request_deadline() -> None:
    """Remove the deadline of this thread, because its request has ended."""
    _request_deadline.set(None)

"""Deadlines, and the one that a request has for all that it does."""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the moment that lies so many seconds ahead."""
        return cls(time.monotonic() + seconds)

    @classmethod
    def within_request(cls, seconds: float) -> Deadline:
        """Return the same, or the end of the request that is worked on where that is earlier."""
        wanted, end = cls.after(seconds), _end_of_request.get()
        return wanted if end is None or wanted.at < end.at else end

    @property
    def remaining(self) -> float:
        """Seconds that are left, 0 when it has passed."""
        return max(0.0, self.at - time.monotonic())

    @property
    def has_passed(self) -> bool:
        """Whether nothing is left."""
        return self.remaining <= 0


_end_of_request: ContextVar[Deadline | None] = ContextVar("end_of_request", default=None)


def begin_request(seconds: float) -> None:
    """Give what is worked on in this thread so many seconds, for all that it waits for."""
    _end_of_request.set(Deadline.after(seconds))


def is_request_over() -> bool:
    """Say whether what is worked on in this thread has used up its time; never without a limit."""
    end = _end_of_request.get()
    return end is not None and end.has_passed


def end_request() -> None:
    """Let what this thread does next take its time."""
    _end_of_request.set(None)

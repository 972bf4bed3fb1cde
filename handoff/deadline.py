"""Deadlines, and the deadline of the request that this thread works on.

A request has one deadline for all that it waits for. It counts from the moment at which the request
began to wait for a thread of the worker.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError, wait
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import TypeVar

_T = TypeVar("_T")


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
_queue_seconds: ContextVar[float] = ContextVar("queue_seconds", default=0.0)


def set_queue_seconds(seconds: float) -> None:
    """Record how long the request of this thread has waited for a thread."""
    _queue_seconds.set(seconds)


def set_request_deadline(seconds: float) -> None:
    """Give the request of this thread a deadline, `seconds` after it began to wait."""
    _request_deadline.set(Deadline.after(seconds - _queue_seconds.get()))


def has_request_deadline_passed() -> bool:
    """Return whether the deadline of this thread's request has passed; False without one."""
    limit = _request_deadline.get()
    return limit is not None and limit.has_passed


def clear_request_deadline() -> None:
    """Remove the deadline of this thread, because its request has ended."""
    _request_deadline.set(None)


@contextmanager
def replace_request_deadline(seconds: float) -> Iterator[None]:
    """Give the block a deadline `seconds` from now, in place of the request's."""
    token = _request_deadline.set(Deadline.after(seconds))
    try:
        yield
    finally:
        _request_deadline.reset(token)


def run_until(
    deadline: Deadline,
    function: Callable[[], _T],
    *,
    discard: Callable[[_T], object] = lambda _result: None,
) -> _T:
    """Return the result of a function that has no timeout of its own, such as a name lookup.

    Raises TimeoutError at the deadline. The function then goes on in a thread of its own, which
    gives a result that comes too late to `discard`.
    """
    future: Future[_T] = Future()

    def work() -> None:
        try:
            result = function()
        except BaseException as error:
            with suppress(InvalidStateError):
                future.set_exception(error)
            return
        try:
            future.set_result(result)
        except InvalidStateError:
            discard(result)

    # Not a pool, whose threads could all be occupied by lookups that hang.
    threading.Thread(target=copy_context().run, args=(work,), daemon=True).start()
    wait([future], timeout=deadline.remaining)
    if future.cancel():  # a future that has a result cannot be cancelled
        raise TimeoutError
    return future.result()

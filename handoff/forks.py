"""Calls objects back in the processes that this one forks."""

from __future__ import annotations

import os
from collections.abc import Callable
from weakref import WeakMethod


def call_after_fork(method: Callable[[], None]) -> None:
    """Call a bound method in every child process of this one, as long as its object exists.

    gunicorn forks its workers, and a connection of the parent process must not be used by them.
    """
    reference = WeakMethod(method)

    def call() -> None:
        if callback := reference():
            callback()

    os.register_at_fork(after_in_child=call)

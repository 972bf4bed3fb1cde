"""Calls objects back in the processes that this one forks.

A child process gets copies of all connections. If it used one, its statements and the parent's
would be mixed. So the ledger, and the session store in the shop's database, drop theirs in the
child and connect anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from weakref import WeakMethod


def call_after_fork(method: Callable[[], None]) -> None:
    """Call a bound method in every child process of this one, as long as its object exists."""
    # A function that is registered at fork stays as long as the process. So it must not keep the
    # object alive.
    reference = WeakMethod(method)

    def call() -> None:
        if callback := reference():
            callback()

    os.register_at_fork(after_in_child=call)

"""Handlers for Ctrl-C (SIGINT) and SIGTERM, for the commands that clean up before they end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def call_on_stop_signals(handler: Callable[[], None]) -> Iterator[None]:
    """Call `handler` on SIGINT and SIGTERM within the block, and restore the handlers after it.

    SIGINT is handled even in a background process for which the shell has set it to be ignored.
    """

    def handle(_number: int, _frame: FrameType | None) -> None:
        handler()

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def ignore_stop_signals() -> None:
    """Ignore SIGINT and SIGTERM from now on."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def raise_keyboard_interrupt() -> None:
    """Raise KeyboardInterrupt, as Ctrl-C does by default."""
    raise KeyboardInterrupt

"""An end that somebody asks for, heeded between calls: the effect of each is then known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from handoff.rehearsal.outcome import Interrupted


class Stop:
    """Whether an end has been asked for. A signal's handler may ask."""

    def __init__(self) -> None:
        self._asked = False
        self._heeded = True

    def ask(self) -> None:
        """Ask for an end before the next call."""
        self._asked = True

    def check(self) -> None:
        """Raise Interrupted where an end has been asked for."""
        if self._asked and self._heeded:
            raise Interrupted

    @contextmanager
    def ignored(self) -> Iterator[None]:
        """Let calls be made all the same: those that clean up."""
        self._heeded = False
        try:
            yield
        finally:
            self._heeded = True

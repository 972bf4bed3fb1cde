"""What a rehearsal undoes at its end, however that came about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from handoff.rehearsal.outcome import FAILURES, explained


@dataclass(frozen=True, slots=True)
class _Undoing:
    what: str
    undo: Callable[[], None]


class Cleanup:
    """What is to be undone, the last first, and what is left behind."""

    def __init__(self) -> None:
        self._undoings: list[_Undoing] = []
        self._left: list[str] = []
        self.clean = True

    def later(self, what: str, undo: Callable[[], None]) -> None:
        """Undo something at the end; there may be nothing to undo by then."""
        self._undoings.append(_Undoing(what, undo))

    def leaves(self, what: str) -> None:
        """Tell at the end of something that cannot be undone."""
        self._left.append(what)

    def run(self) -> tuple[str, ...]:
        """Undo everything, and return sentences about what is left behind in the shop.

        `clean` tells afterwards whether all of it could be undone.
        """
        while self._undoings:
            undoing = self._undoings.pop()
            try:
                undoing.undo()
            except FAILURES as error:
                failure = explained(error)
                self.clean = False
                self.leaves(f"{_begun(undoing.what)}: {failure.came}. {failure.todo}")
        return tuple(self._left)


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]

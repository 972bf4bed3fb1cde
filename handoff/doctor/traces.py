"""What an examination makes in the shop, and how it is taken away again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from handoff.doctor.probe import OutOfTime, Silence


@dataclass(slots=True)
class Traces:
    """Remembers what was made. `clear` may be called at any moment, and again."""

    _removals: list[Callable[[], None]] = field(default_factory=list)
    _left: Counter[str] = field(default_factory=Counter)

    def leaves(self, words: str) -> None:
        """Note one more of something that stays behind and goes by itself."""
        self._left[words] += 1

    def removed_by(self, removal: Callable[[], None]) -> None:
        """Note how something is taken away again."""
        self._removals.append(removal)

    @property
    def left(self) -> tuple[str, ...]:
        """What stays behind, and how many of it."""
        return tuple(f"{words}: {count}" for words, count in self._left.items())

    def clear(self) -> None:
        """Take everything away, the last made first; what cannot be is told in `left`."""
        while self._removals:
            removal = self._removals.pop()
            try:
                removal()
            except (Silence, OutOfTime, OSError):
                self.leaves("what could not be taken away, as the shop did not answer")

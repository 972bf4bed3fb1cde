"""An undo stack for the tools that create temporary data in a shop, and a list of leftovers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from handoff.console_table import format_count


class UndoStack:
    """Undoes what was created, the newest first. `is_complete` is False once an undo has failed."""

    def __init__(
        self,
        *,
        failures: tuple[type[Exception], ...] = (Exception,),
        describe_failure: Callable[[str, Exception], str] | None = None,
    ) -> None:
        """`failures` are the errors that an undo may end with; any other error is raised.

        `describe_failure` returns the text about something that could not be undone, from its
        description and the error. The default text names only the type of the error.
        """
        self.is_complete = True
        self._failures = failures
        self._describe_failure = describe_failure or _describe_failure
        self._undo_stack: list[tuple[str, Callable[[], object]]] = []
        self._leftovers: Counter[tuple[str, str]] = Counter()

    def defer(self, description: str, undo: Callable[[], object]) -> None:
        """Register an undo action. It must also work if there is nothing left to undo."""
        self._undo_stack.append((description, undo))

    def record_leftover(self, text: str, *, thing: str = "") -> None:
        """Record something that stays in the shop; equal ones are counted.

        The text stands after the number of things, or alone if no `thing` is named.
        """
        self._leftovers[text, thing] += 1

    @property
    def leftovers(self) -> tuple[str, ...]:
        """The texts about data that stays in the shop, each once, with its count if repeated."""
        return tuple(
            _describe_leftover(*leftover, count) for leftover, count in self._leftovers.items()
        )

    def undo_all(self) -> tuple[str, ...]:
        """Undo everything and return the leftovers.

        An interrupted run can be repeated: it starts again with the action that was interrupted.
        """
        while self._undo_stack:
            description, undo = self._undo_stack.pop()
            try:
                undo()
            except self._failures as error:
                self.is_complete = False
                self.record_leftover(self._describe_failure(description, error))
            except BaseException:
                self._undo_stack.append((description, undo))
                raise
        return self.leftovers


def _describe_leftover(text: str, thing: str, count: int) -> str:
    if thing:
        return f"{format_count(count, thing)}{text}"
    return text if count == 1 else f"{count} x {text}"


def _describe_failure(description: str, error: Exception) -> str:
    return f"{description}: could not be removed ({type(error).__name__})"

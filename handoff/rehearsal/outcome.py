"""How a rehearsal and its steps end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from handoff.problems import Problem

BREACH = "Do not open the shop to the app before that is understood."
"""What to do where somebody comes in who must not."""


class Verdict(StrEnum):
    """What became of a step."""

    DONE = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT_TRIED = "not_tried"


class Unexpected(Exception):
    """A step did not go as it has to: what was expected, what came, and what to do about it.

    The words hold no credential.
    """

    def __init__(self, expected: str, came: str, todo: str) -> None:
        super().__init__(expected)
        self.expected = expected
        self.came = came
        self.todo = todo


FAILURES = (Unexpected, Problem, LookupError, TypeError, ValueError, ArithmeticError)
"""What a step may end with: the last four where an answer is not what a Magento gives."""


def explained(error: Exception) -> Unexpected:
    """Put one of FAILURES in words."""
    if isinstance(error, Unexpected):
        return error
    if isinstance(error, Problem):
        came = error.detail.rstrip(".")
        return Unexpected("an answer of the shop", came, "See the shop's log, and what guards it.")
    return Unexpected(
        "an answer as a Magento gives it",
        f"one that cannot be read ({type(error).__name__})",
        "See what stands before the shop, or what a module of the shop does to its answers.",
    )


class CannotRehearse(Exception):
    """A rehearsal cannot begin, or not in the way that was asked for; the message says why."""


class Interrupted(Exception):
    """Somebody has asked for an end."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to be tried: it says what it saw, or raises Unexpected.

    `skipped` says why it is left out.
    """

    store: str
    part: str
    title: str
    act: Callable[[], str]
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A step that is over: what was seen, or why it failed, and the milliseconds it took."""

    step: Step
    verdict: Verdict
    ms: int = 0
    seen: str = ""
    failure: Unexpected | None = None


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A rehearsal that is over: its steps, and what is left behind in the shop, in sentences.

    `clean` says whether all was undone that was to be; an order that was cancelled is left behind
    all the same.
    """

    outcomes: tuple[Outcome, ...]
    left_behind: tuple[str, ...]
    clean: bool
    interrupted: bool

    @property
    def passed(self) -> bool:
        """Whether every step that was to be tried has been, none has failed, and it is clean."""
        bad = (Verdict.FAILED, Verdict.NOT_TRIED)
        gone_wrong = any(one.verdict in bad for one in self.outcomes)
        return self.clean and not self.interrupted and not gone_wrong

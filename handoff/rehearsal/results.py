"""The steps of a rehearsal, and their results."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

from handoff.magento.answers import WRONG_ANSWER_ERRORS
from handoff.problems import Problem

Observation: TypeAlias = str
"""The observation of a step, in a few words for the report. It holds no credential."""


class StepVerdict(StrEnum):
    """Whether a step passed; the values are those of the JSON report."""

    PASSED = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT_TRIED = "not_tried"


class StepFailure(Exception):
    """A step failed: the expected and the actual result, and the key of an advice.

    The texts hold no credential.
    """

    def __init__(self, expected: str, actual: str, advice_key: str) -> None:
        super().__init__(expected)
        self.expected = expected
        self.actual = actual
        self.advice = get_advice(advice_key)


STEP_ERRORS = (StepFailure, Problem, *WRONG_ANSWER_ERRORS)
"""The errors of a failed step."""


def get_advice(key: str) -> str:
    """Return the advice about a failure: the text in advice.toml, or a default.

    A key such as `transfer.paused` is in a table of its own.
    """
    general = _load_advice()
    table, dot, name = key.partition(".")
    texts = general[table] if dot else general
    return str(texts.get(name if dot else key) or texts.get("default") or general["default"])


@cache
def _load_advice() -> dict[str, Any]:
    file = files("handoff.rehearsal") / "advice.toml"
    return tomllib.loads(file.read_text("utf-8"))


def build_step_failure(error: Exception) -> StepFailure:
    """Return one of STEP_ERRORS as a StepFailure."""
    if isinstance(error, StepFailure):
        return error
    if isinstance(error, Problem):
        return StepFailure("an answer of the shop", error.detail.rstrip("."), "shop_problem")
    actual = f"one that cannot be read ({type(error).__name__})"
    return StepFailure("an answer as a Magento gives it", actual, "not_magento")


class RehearsalNotPossible(Exception):
    """The rehearsal cannot start with these options or settings; the message says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to try in a store view. A step with a `skip_reason` is left out."""

    store_code: str
    part: str
    title: str
    action: Callable[[], Observation]
    skip_reason: str = ""


@dataclass(frozen=True, slots=True)
class StepResult:
    """The result of a step, and its duration in milliseconds."""

    step: Step
    verdict: StepVerdict
    milliseconds: int = 0
    observation: Observation = ""
    failure: StepFailure | None = None

    @property
    def was_tried(self) -> bool:
        """Whether the step was run."""
        return self.verdict in (StepVerdict.PASSED, StepVerdict.FAILED)


@dataclass(frozen=True, slots=True)
class RehearsalResult:
    """The results of all steps, and sentences about what stays in the shop.

    `is_clean` is False if something could not be undone. A cancelled order stays in any case.
    """

    step_results: tuple[StepResult, ...]
    leftovers: tuple[str, ...]
    is_clean: bool
    is_cancelled: bool

    @property
    def has_passed(self) -> bool:
        """Whether no step failed or was left untried, and everything is cleaned up."""
        bad = (StepVerdict.FAILED, StepVerdict.NOT_TRIED)
        has_bad_step = any(result.verdict in bad for result in self.step_results)
        return self.is_clean and not self.is_cancelled and not has_bad_step

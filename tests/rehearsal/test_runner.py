"""Steps run up to the first failure, and everything is cleaned up in any case."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handoff.problems import ShopUnavailable
from handoff.rehearsal.cancel_token import CancelToken
from handoff.rehearsal.results import (
    Observation,
    RehearsalResult,
    Step,
    StepFailure,
    StepVerdict,
)
from handoff.rehearsal.runner import run_steps
from handoff.undo_stack import UndoStack


def rehearse(
    undo_stack: UndoStack, *actions: Callable[[], Observation], cancel: CancelToken | None = None
) -> RehearsalResult:
    steps = [
        Step("default", "part", f"step {number}", action) for number, action in enumerate(actions)
    ]
    return run_steps(steps, undo_stack, cancel or CancelToken(), lambda _results, _current: None)


def fail_with(error: Exception) -> Callable[[], Observation]:
    def fail() -> Observation:
        raise error

    return fail


def test_steps_after_a_failure_are_not_tried(undo_stack: UndoStack) -> None:
    tried: list[str] = []
    failure = StepFailure("this", "that", "shop_problem")

    def next_step() -> str:
        tried.append("the next step")
        return "seen"

    result = rehearse(undo_stack, lambda: "seen", fail_with(failure), next_step)
    verdicts = [step.verdict for step in result.step_results]
    assert verdicts == [StepVerdict.PASSED, StepVerdict.FAILED, StepVerdict.NOT_TRIED]
    assert result.step_results[1].failure is failure
    assert tried == []
    assert not result.has_passed


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ShopUnavailable("The shop is away."), "The shop is away"),
        (KeyError("items"), "cannot be read (KeyError)"),
        (ValueError("https://shop.example/h/secret"), "cannot be read (ValueError)"),
    ],
)
def test_an_answer_that_is_not_magentos_is_explained(
    undo_stack: UndoStack, error: Exception, words: str
) -> None:
    [result] = rehearse(undo_stack, fail_with(error)).step_results
    assert result.failure is not None
    assert words in result.failure.actual
    assert "secret" not in result.failure.actual


def fail_to_undo() -> None:
    raise StepFailure("nothing", "it is stuck", "cancel_by_hand")


def test_the_newest_is_undone_first_and_a_failure_does_not_stop_the_cleanup(
    undo_stack: UndoStack,
) -> None:
    undone: list[str] = []
    undo_stack.defer("The first", lambda: undone.append("first"))
    undo_stack.defer("The second", fail_to_undo)
    undo_stack.defer("The third", lambda: undone.append("third"))
    result = rehearse(undo_stack, lambda: "seen")
    assert undone == ["third", "first"]
    assert result.leftovers == ("The second: it is stuck. Cancel it by hand, in the shop's admin.",)
    assert not result.is_clean
    assert not result.has_passed


def test_an_expected_leftover_is_no_failure(undo_stack: UndoStack) -> None:
    undo_stack.record_leftover("An order.")
    result = rehearse(undo_stack, lambda: "seen")
    assert result.leftovers == ("An order.",)
    assert result.has_passed


def test_ctrl_c_cancels_between_calls_but_not_the_cleanup(undo_stack: UndoStack) -> None:
    cancel, undone = CancelToken(), list[str]()

    def press_ctrl_c() -> Observation:
        cancel.request_cancel()
        cancel.raise_if_requested()
        return "never"

    def undo() -> None:
        cancel.raise_if_requested()
        undone.append("cart")

    undo_stack.defer("A cart", undo)
    result = rehearse(undo_stack, lambda: "seen", press_ctrl_c, lambda: "never", cancel=cancel)
    assert undone == ["cart"]
    assert result.is_cancelled
    assert not result.has_passed
    verdicts = [step.verdict for step in result.step_results]
    assert verdicts == [StepVerdict.PASSED, StepVerdict.NOT_TRIED, StepVerdict.NOT_TRIED]


def test_a_programming_error_is_raised_after_the_cleanup(undo_stack: UndoStack) -> None:
    undone: list[str] = []
    undo_stack.defer("A cart", lambda: undone.append("cart"))
    with pytest.raises(NotImplementedError):
        rehearse(undo_stack, fail_with(NotImplementedError()))
    assert undone == ["cart"]

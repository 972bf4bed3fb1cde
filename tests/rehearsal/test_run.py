"""The order of things: up to the first failure, and cleaned up whatever happens."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handoff.problems import ShopUnavailable
from handoff.rehearsal.cleanup import Cleanup
from handoff.rehearsal.outcome import Rehearsed, Step, Unexpected, Verdict
from handoff.rehearsal.run import run
from handoff.rehearsal.stop import Stop


def rehearsed(cleanup: Cleanup, *acts: Callable[[], str], stop: Stop | None = None) -> Rehearsed:
    steps = [Step("default", "part", f"step {number}", act) for number, act in enumerate(acts)]
    return run(steps, cleanup, stop or Stop(), lambda _outcomes, _doing: None)


def fail_with(error: Exception) -> Callable[[], str]:
    def act() -> str:
        raise error

    return act


def test_what_follows_a_failure_is_not_tried(cleanup: Cleanup) -> None:
    tried: list[str] = []
    failure = Unexpected("this", "that", "do so")

    def next_step() -> str:
        tried.append("the next step")
        return "seen"

    result = rehearsed(cleanup, lambda: "seen", fail_with(failure), next_step)
    verdicts = [outcome.verdict for outcome in result.outcomes]
    assert verdicts == [Verdict.DONE, Verdict.FAILED, Verdict.NOT_TRIED]
    assert result.outcomes[1].failure is failure
    assert tried == []
    assert not result.passed


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ShopUnavailable("The shop is away."), "The shop is away"),
        (KeyError("items"), "cannot be read (KeyError)"),
        (ValueError("https://shop.example/h/secret"), "cannot be read (ValueError)"),
    ],
)
def test_an_answer_that_is_no_magentos_is_explained(
    cleanup: Cleanup, error: Exception, words: str
) -> None:
    [outcome] = rehearsed(cleanup, fail_with(error)).outcomes
    assert outcome.failure is not None
    assert words in outcome.failure.came
    assert "secret" not in outcome.failure.came


def stuck() -> None:
    raise Unexpected("nothing", "it is stuck", "Pull.")


def test_the_last_that_was_made_is_undone_first_and_no_failure_stops_it(cleanup: Cleanup) -> None:
    undone: list[str] = []
    cleanup.later("the first", lambda: undone.append("first"))
    cleanup.later("the second", stuck)
    cleanup.later("the third", lambda: undone.append("third"))
    result = rehearsed(cleanup, lambda: "seen")
    assert undone == ["third", "first"]
    assert result.left_behind == ("The second: it is stuck. Pull.",)
    assert not result.clean
    assert not result.passed


def test_what_is_meant_to_stay_is_no_failure(cleanup: Cleanup) -> None:
    cleanup.leaves("An order.")
    result = rehearsed(cleanup, lambda: "seen")
    assert result.left_behind == ("An order.",)
    assert result.passed


def test_an_end_is_heeded_between_calls_and_not_while_cleaning_up(cleanup: Cleanup) -> None:
    stop, undone = Stop(), list[str]()

    def press() -> str:
        stop.ask()
        stop.check()
        return "never"

    def undo() -> None:
        stop.check()
        undone.append("cart")

    cleanup.later("a cart", undo)
    result = rehearsed(cleanup, lambda: "seen", press, lambda: "never", stop=stop)
    assert undone == ["cart"]
    assert result.interrupted
    assert not result.passed
    verdicts = [outcome.verdict for outcome in result.outcomes]
    assert verdicts == [Verdict.DONE, Verdict.NOT_TRIED, Verdict.NOT_TRIED]


def test_a_fault_of_ours_is_not_hidden_and_cleaned_up_after_all_the_same(cleanup: Cleanup) -> None:
    undone: list[str] = []
    cleanup.later("a cart", lambda: undone.append("cart"))
    with pytest.raises(NotImplementedError):
        rehearsed(cleanup, fail_with(NotImplementedError()))
    assert undone == ["cart"]

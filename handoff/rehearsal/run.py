"""Takes the steps one after the other, up to the first that fails, and cleans up."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from handoff.rehearsal.cleanup import Cleanup
from handoff.rehearsal.outcome import (
    FAILURES,
    Interrupted,
    Outcome,
    Rehearsed,
    Step,
    Verdict,
    explained,
)
from handoff.rehearsal.stop import Stop

Show = Callable[[Sequence[Outcome], str], None]
"""Shown is what is over, and what is being done."""


def run(steps: Sequence[Step], cleanup: Cleanup, stop: Stop, show: Show) -> Rehearsed:
    """Take the steps and clean up, whatever happens. What follows a failure is not tried."""
    outcomes: list[Outcome] = []
    interrupted = False
    try:
        for step in steps:
            show(outcomes, f"{step.part}: {step.title}")
            outcomes.append(_taken(step))
            if outcomes[-1].verdict is Verdict.FAILED:
                break
    except Interrupted:
        interrupted = True
    finally:
        show(outcomes, "cleaning up")
        with stop.ignored():
            left_behind = cleanup.run()
    outcomes += [Outcome(step, Verdict.NOT_TRIED) for step in steps[len(outcomes) :]]
    return Rehearsed(tuple(outcomes), left_behind, cleanup.clean, interrupted)


def _taken(step: Step) -> Outcome:
    if step.skipped:
        return Outcome(step, Verdict.SKIPPED, seen=step.skipped)
    started = time.perf_counter()
    try:
        seen = step.act()
    except FAILURES as error:
        return Outcome(step, Verdict.FAILED, _ms_since(started), failure=explained(error))
    return Outcome(step, Verdict.DONE, _ms_since(started), seen)


def _ms_since(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)

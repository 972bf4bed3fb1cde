"""What checks of data have in common: a sample that is there, and a count of what lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps

from handoff.doctor.case import Case
from handoff.doctor.finding import Finding, Lack, Verdict, ok, unknown
from handoff.doctor.sample import Sample

Look = Callable[[Case, Sample], Iterator[Finding]]


def with_sample(name: str) -> Callable[[Look], Callable[[Case], Iterator[Finding]]]:
    """Let a check look at the sample, or yield one unknown finding where there is none."""

    def decorate(look: Look) -> Callable[[Case], Iterator[Finding]]:
        @wraps(look)
        def check(case: Case) -> Iterator[Finding]:
            sample = case.sample()
            if sample is None:
                yield unknown(
                    name,
                    "Without an administrator's token the catalogue cannot be read.",
                    "Give doctor one: see Administrator.",
                )
            else:
                yield from look(case, sample)

        return check

    return decorate


def judged(
    name: str,
    lacks: list[Lack],
    looked_at: int,
    *,
    things: str = "products",
    badness: Verdict = Verdict.WARNING,
    advice: str,
) -> Finding:
    """Return ok where nothing lacks, else how many do not have it."""
    if not looked_at:
        return unknown(name, f"There are no {things} to look at.")
    without = len({lack.of for lack in lacks})
    if not without:
        return ok(name, f"All {looked_at} {things} that were looked at.")
    seen = f"{looked_at - without} of {looked_at} {things}; {without} without."
    return Finding(name, badness, seen, advice, tuple(lacks))

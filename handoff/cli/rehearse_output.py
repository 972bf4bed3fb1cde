"""The steps of `handoff rehearse`: as a table that grows on a terminal, and as JSON."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

import click
from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Column, Table
from rich.text import Text

from handoff.rehearsal.outcome import Outcome, Rehearsed, Step, Unexpected, Verdict
from handoff.settings import Settings

_STDERR = 2
_MARKS = {
    Verdict.DONE: Text("ok", "green"),
    Verdict.FAILED: Text("failed", "bold red"),
    Verdict.SKIPPED: Text("skipped", "yellow"),
    Verdict.NOT_TRIED: Text("not tried", "dim"),
}


class Playbill:
    """Shows how a rehearsal goes on. With `in_json`, on standard error alone."""

    def __init__(self, *, in_json: bool) -> None:
        self._in_json = in_json
        self._console = Console(stderr=in_json)
        self._live: Live | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Keep a terminal up to date within this block."""
        if not self._console.is_terminal:
            yield
            return
        with Live(console=self._console, transient=True) as self._live:
            yield

    def show(self, outcomes: Sequence[Outcome], doing: str) -> None:
        """Show what is over and what is being done: on no terminal, a line when it begins."""
        if self._live is None:
            click.echo(doing, err=True)
        else:
            self._live.update(Group(_table(outcomes), Spinner("dots", Text(doing))))

    def say(self, words: str) -> None:
        """Say something, even out of a signal's handler, while something else is being said."""
        if self._live is None:
            os.write(_STDERR, f"{words}\n".encode())
        else:
            self._console.print(Text(words))

    def conclude(self, result: Rehearsed) -> None:
        """Print the whole table, why a step has failed, and what stays in the shop."""
        if self._in_json and not self._console.is_terminal:
            return
        self._console.print(_table(result.outcomes))
        for outcome in result.outcomes:
            if outcome.failure is not None:
                self._console.print(_explained(outcome.step, outcome.failure))
        if result.left_behind:
            self._console.print("\nLeft behind in the shop:")
            for left in result.left_behind:
                self._console.print(Text(f"  {left}"))
        self._console.print(Text(f"\n{_sentence(result)}"))


def as_json(result: Rehearsed, settings: Settings) -> dict[str, Any]:
    """Return one document for machines; names and codes in it stay as they are."""
    return {
        "shop": settings.magento_url,
        "service": settings.public_url,
        "passed": result.passed,
        "interrupted": result.interrupted,
        "clean": result.clean,
        "steps": [_step_as_json(outcome) for outcome in result.outcomes],
        "left_behind": list(result.left_behind),
    }


def _step_as_json(outcome: Outcome) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "store": outcome.step.store,
        "part": outcome.step.part,
        "step": outcome.step.title,
        "verdict": outcome.verdict.value,
    }
    if outcome.verdict in (Verdict.DONE, Verdict.FAILED):
        fields["ms"] = outcome.ms
    if outcome.seen:
        fields["seen"] = outcome.seen
    if outcome.failure is not None:
        fields["failure"] = {
            "expected": outcome.failure.expected,
            "came": outcome.failure.came,
            "do": outcome.failure.todo,
        }
    return fields


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(
        Column("step", overflow="fold"),
        Column("", no_wrap=True),
        Column("ms", justify="right", no_wrap=True),
        Column("what was seen", overflow="fold"),
    )
    for (store, part), steps in groupby(outcomes, lambda one: (one.step.store, one.step.part)):
        table.add_row(Text(f"{part} ({store})", "bold"))
        for outcome in steps:
            table.add_row(*_row(outcome))
        table.add_section()
    return table


def _row(outcome: Outcome) -> tuple[Text, ...]:
    was_tried = outcome.verdict in (Verdict.DONE, Verdict.FAILED)
    seen = outcome.failure.came if outcome.failure else outcome.seen
    # Text, because a sku may hold what rich takes for its markup.
    return (
        Text(f"  {outcome.step.title}"),
        _MARKS[outcome.verdict],
        Text(f"{outcome.ms:,}" if was_tried else ""),
        Text(seen),
    )


def _explained(step: Step, failure: Unexpected) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_row(Text(""), Text(""))
    grid.add_row(Text("failed", "bold red"), Text(f"{step.part}, {step.title}"))
    grid.add_row(Text("expected"), Text(failure.expected))
    grid.add_row(Text("came"), Text(failure.came))
    grid.add_row(Text("to do"), Text(failure.todo))
    return grid


def _sentence(result: Rehearsed) -> str:
    if result.interrupted:
        return "Interrupted; what had been made was cleaned up."
    if result.passed:
        return "Everything went as it has to."
    return "The rehearsal has failed." if result.clean else "Not everything could be cleaned up."

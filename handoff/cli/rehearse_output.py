"""Prints the steps of `handoff rehearse`: as a table that grows on a terminal, and as JSON."""

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

from handoff.console_table import build_console_table
from handoff.rehearsal.results import RehearsalResult, Step, StepFailure, StepResult, StepVerdict
from handoff.settings import Settings

_STDERR = 2
_VERDICT_LABELS = {
    StepVerdict.PASSED: Text("ok", "green"),
    StepVerdict.FAILED: Text("failed", "bold red"),
    StepVerdict.SKIPPED: Text("skipped", "yellow"),
    StepVerdict.NOT_TRIED: Text("not tried", "dim"),
}


class RehearsalPrinter:
    """Prints the progress and the report; with `in_json` only to standard error."""

    def __init__(self, *, in_json: bool) -> None:
        self._in_json = in_json
        self._console = Console(stderr=in_json)
        self._live: Live | None = None

    @contextmanager
    def show_live_table(self) -> Iterator[None]:
        """Show a table within the block if the output is a terminal."""
        if not self._console.is_terminal:
            yield
            return
        with Live(console=self._console, transient=True) as self._live:
            yield

    def show_progress(self, results: Sequence[StepResult], current: str) -> None:
        """Show the results so far and the current step; without a terminal, only the step."""
        if self._live is None:
            click.echo(current, err=True)
        else:
            self._live.update(Group(_build_table(results), Spinner("dots", Text(current))))

    def print_notice(self, text: str) -> None:
        """Print a text; a signal handler may call this while something else is printed."""
        if self._live is None:
            os.write(_STDERR, f"{text}\n".encode())
        else:
            self._console.print(Text(text))

    def print_report(self, result: RehearsalResult) -> None:
        """Print the whole table, the failures of steps, and the data that stays in the shop."""
        if self._in_json and not self._console.is_terminal:
            return
        self._console.print(_build_table(result.step_results))
        for step_result in result.step_results:
            if step_result.failure is not None:
                self._console.print(_build_failure_table(step_result.step, step_result.failure))
        if result.leftovers:
            self._console.print("\nLeft behind in the shop:")
            for leftover in result.leftovers:
                self._console.print(Text(f"  {leftover}"))
        self._console.print(Text(f"\n{_summarize_result(result)}"))


def build_json_report(result: RehearsalResult, settings: Settings) -> dict[str, Any]:
    """Return the report for machines; its names and codes do not change."""
    return {
        "shop": settings.magento_url,
        "service": settings.public_url,
        "passed": result.has_passed,
        "interrupted": result.is_cancelled,
        "clean": result.is_clean,
        "steps": [_build_json_step(step_result) for step_result in result.step_results],
        "left_behind": list(result.leftovers),
    }


def _build_json_step(result: StepResult) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "store": result.step.store_code,
        "part": result.step.part,
        "step": result.step.title,
        "verdict": result.verdict.value,
    }
    if result.was_tried:
        fields["ms"] = result.milliseconds
    if result.observation:
        fields["seen"] = result.observation
    if result.failure is not None:
        fields["failure"] = {
            "expected": result.failure.expected,
            "came": result.failure.actual,
            "do": result.failure.advice,
        }
    return fields


def _build_table(results: Sequence[StepResult]) -> Table:
    table = build_console_table(
        Column("step", overflow="fold"),
        Column("", no_wrap=True),
        Column("ms", justify="right", no_wrap=True),
        Column("what was seen", overflow="fold"),
    )
    parts = groupby(results, lambda result: (result.step.store_code, result.step.part))
    for (store_code, part), part_results in parts:
        table.add_row(Text(f"{part} ({store_code})", "bold"))
        for result in part_results:
            seen = result.failure.actual if result.failure else result.observation
            # Text, because a sku may hold rich's markup.
            table.add_row(
                Text(f"  {result.step.title}"),
                _VERDICT_LABELS[result.verdict],
                Text(f"{result.milliseconds:,}" if result.was_tried else ""),
                Text(seen),
            )
        table.add_section()
    return table


def _build_failure_table(step: Step, failure: StepFailure) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_row("", "")
    grid.add_row(Text("failed", "bold red"), Text(f"{step.part}, {step.title}"))
    grid.add_row("expected", Text(failure.expected))
    grid.add_row("came", Text(failure.actual))
    grid.add_row("to do", Text(failure.advice))
    return grid


def _summarize_result(result: RehearsalResult) -> str:
    if not result.is_clean:
        return "Not everything could be cleaned up."
    if result.is_cancelled:
        return "Interrupted; everything was cleaned up."
    return "Every step passed." if result.has_passed else "The rehearsal has failed."

"""The report as text for a terminal: every result, then what to do, and the verdict last."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from handoff.console_table import build_console_table
from handoff.doctor.check_result import CheckResult, Severity, split_commands
from handoff.doctor.checklist import PART_TITLES
from handoff.doctor.report import DoctorReport

_STYLES = {
    Severity.OK: ("green", "✓ ok"),
    Severity.UNKNOWN: ("dim", "? unknown"),
    Severity.WARNING: ("yellow", "! warning"),
    Severity.FAULT: ("bold red", "✗ fault"),
}
_MAX_MISSING_ROWS = 25
_LABEL_WIDTH = 11
_NAME_WIDTH = 24


def print_report(report: DoctorReport, console: Console) -> None:
    """Print every result by part, the missing data by sku, what to do, and the verdict."""
    for code, sections in report.parts.items():
        _print_heading(PART_TITLES[code], console)
        for title, results in sections.items():
            _print_line(Text(f"\n{title}", "bold"), console)
            for result in results:
                _print_result(result, console)
                if not result.severity.is_action_needed:
                    _print_advice(result, console)
    if report.missing_by_owner:
        _print_missing_data(report, console)
    if report.results_to_act_on:
        _print_heading("What to do", console)
        for result in report.results_to_act_on:
            _print_line(Text(), console)
            _print_result(result, console)
            _print_advice(result, console)
    _print_heading(report.verdict, console)
    _print_summary(report, console)


def _print_heading(heading: str, console: Console) -> None:
    _print_line(Text(), console)
    for line in _wrap_text(heading, console.width):
        _print_line(Text(line, "bold underline"), console)


def _print_result(result: CheckResult, console: Console) -> None:
    style, label = _STYLES[result.severity]
    line = Text.assemble((f"{label:{_LABEL_WIDTH}}", style), f"{result.name:{_NAME_WIDTH}}")
    if len(result.name) >= _NAME_WIDTH:  # what was seen begins on the next line
        _print_line(line, console)
        line = Text()
    indent = " " * (_LABEL_WIDTH + _NAME_WIDTH)
    for seen in _wrap_text(result.seen, console.width - len(indent)):
        _print_line(line + seen if line else Text(indent + seen), console)
        line = Text()


def _print_advice(result: CheckResult, console: Console) -> None:
    """Print the advice; a command stands in one piece on a line of its own, to be pasted."""
    indent = " " * _LABEL_WIDTH
    arrow = "→ "
    for is_command, text in split_commands(result.advice):
        if is_command:
            _print_line(Text(f"{indent}  {text}", "cyan bold"), console)
            continue
        for line in _wrap_text(text, console.width - len(indent) - len(arrow)):
            _print_line(Text(f"{indent}{arrow}{line}", "cyan"), console)
            arrow = "  "


def _print_missing_data(report: DoctorReport, console: Console) -> None:
    table = build_console_table("Sku or category", "Missing", title="\nTo complete in the shop")
    rows = list(report.missing_by_owner.items())
    for owner, items in rows[:_MAX_MISSING_ROWS]:
        table.add_row(Text(owner), Text(", ".join(items)))
    if len(rows) > _MAX_MISSING_ROWS:
        table.add_row("…", f"and {len(rows) - _MAX_MISSING_ROWS} more: --json and --html list all")
    console.print(table)


def _print_summary(report: DoctorReport, console: Console) -> None:
    counts = Text()
    for severity in reversed(Severity):
        if count := report.counts[severity]:
            counts.append(f"{severity.format_count(count)}  ", _STYLES[severity][0])
    _print_line(counts, console)
    about = [f"Left behind: {leftover}." for leftover in report.leftovers]
    about.append(
        f"{report.shop}, checked by Handoff {report.version} on "
        f"{report.started_at:%Y-%m-%d %H:%M} UTC in {report.seconds:.0f} s."
    )
    for text in about:
        for line in _wrap_text(text, console.width):
            _print_line(Text(line, "dim"), console)


def _wrap_text(text: str, width: int) -> Iterator[str]:
    """Yield the lines of a text; a word that is wider, such as an address, stays in one piece."""
    for paragraph in text.splitlines():
        yield from textwrap.wrap(
            paragraph, max(width, 20), break_long_words=False, break_on_hyphens=False
        )


def _print_line(line: Text, console: Console) -> None:
    console.print(line, soft_wrap=True)

"""The report as tables for a terminal."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from handoff.doctor.check_result import CheckResult, Severity
from handoff.doctor.checklist import PART_TITLES
from handoff.doctor.report import DoctorReport

_STYLES = {
    Severity.OK: ("green", "✓ ok"),
    Severity.UNKNOWN: ("dim", "? unknown"),
    Severity.WARNING: ("yellow", "! warning"),
    Severity.FAULT: ("bold red", "✗ fault"),
}
_MAX_MISSING_ROWS = 25


def print_report(report: DoctorReport, console: Console) -> None:
    """Print a table for each part, the missing data by sku, and the number of results."""
    for code, sections in report.parts.items():
        console.print(_build_part_table(code, sections))
    if report.missing_by_owner:
        console.print(_build_missing_table(report))
    for leftover in report.leftovers:
        console.print(Text(f"Left behind: {leftover}.", style="dim"))
    console.print(_summarize_counts(report))


def _create_table(title: str, *, expand: bool = False) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="dim",
        expand=expand,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        box=None,
    )


def _build_part_table(code: str, sections: dict[str, list[CheckResult]]) -> Table:
    table = _create_table(PART_TITLES[code], expand=True)
    table.add_column("", no_wrap=True, min_width=10)
    table.add_column("Feature" if code == "data" else "", ratio=2)
    table.add_column("Check", ratio=3, overflow="fold")
    table.add_column("Seen, and what to do", ratio=9)
    for title, results in sections.items():
        for number, result in enumerate(results):
            style, label = _STYLES[result.severity]
            section = title if number == 0 else ""
            table.add_row(
                Text(label, style=style), section, Text(result.name), _describe_result(result)
            )
    return table


def _describe_result(result: CheckResult) -> RenderableType:
    seen = Text(result.seen)
    if not result.advice:
        return seen
    return Group(seen, Padding(Text(f"→ {result.advice}", style="cyan"), (0, 0, 0, 1)))


def _build_missing_table(report: DoctorReport) -> Table:
    table = _create_table("To complete in the shop")
    table.add_column("Sku or category")
    table.add_column("Missing")
    rows = list(report.missing_by_owner.items())
    for owner, items in rows[:_MAX_MISSING_ROWS]:
        table.add_row(Text(owner), Text(", ".join(items)))
    if len(rows) > _MAX_MISSING_ROWS:
        table.add_row("…", f"and {len(rows) - _MAX_MISSING_ROWS} more: --json and --html list all")
    return table


def _summarize_counts(report: DoctorReport) -> Text:
    summary = Text(f"{report.shop}, in {report.seconds:.0f} s: ")
    for severity in reversed(Severity):
        if count := report.counts[severity]:
            summary.append(f"{severity.format_count(count)}  ", style=_STYLES[severity][0])
    return summary

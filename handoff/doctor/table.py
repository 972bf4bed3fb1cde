"""The report for people at a terminal."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from handoff.doctor.finding import Finding, Verdict
from handoff.doctor.report import Part, Report

_STYLES = {
    Verdict.OK: ("green", "✓ ok"),
    Verdict.UNKNOWN: ("dim", "? unknown"),
    Verdict.WARNING: ("yellow", "! warning"),
    Verdict.FAULT: ("bold red", "✗ fault"),
}
_MOST_LACKS = 25


def show(report: Report, console: Console) -> None:
    """Print a table for each part, what is missing by sku, and how many findings there are."""
    for part in report.parts:
        console.print(_table(part))
    if report.to_mend:
        console.print(_to_mend(report))
    for words in report.left:
        console.print(Text(f"Left behind, {words}.", style="dim"))
    console.print(_summary(report))


def _table(part: Part) -> Table:
    table = Table(
        title=part.title,
        title_justify="left",
        title_style="bold",
        header_style="dim",
        expand=True,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        box=None,
    )
    table.add_column("", no_wrap=True, min_width=10)
    table.add_column("Feature" if part.code == "data" else "", ratio=2)
    table.add_column("What", ratio=3, overflow="fold")
    table.add_column("Seen, and what to do", ratio=9)
    for section in part.sections:
        title = section.title
        for finding in section.findings:
            table.add_row(_verdict(finding.verdict), title, Text(finding.name), _words(finding))
            title = ""
    return table


def _verdict(verdict: Verdict) -> Text:
    style, words = _STYLES[verdict]
    return Text(words, style=style)


def _words(finding: Finding) -> RenderableType:
    seen = Text(finding.seen)
    if not finding.advice:
        return seen
    return Group(seen, Padding(Text(f"→ {finding.advice}", style="cyan"), (0, 0, 0, 1)))


def _to_mend(report: Report) -> Table:
    table = Table(
        title="To mend in the shop", title_justify="left", title_style="bold", box=None,
        pad_edge=False, padding=(0, 2, 0, 0), header_style="dim",
    )  # fmt: skip
    table.add_column("Sku or category")
    table.add_column("Lacks")
    lacks = list(report.to_mend.items())
    for of, whats in lacks[:_MOST_LACKS]:
        table.add_row(Text(of), Text(", ".join(whats)))
    if len(lacks) > _MOST_LACKS:
        table.add_row("…", f"and {len(lacks) - _MOST_LACKS} more: --json and --html list all")
    return table


def _summary(report: Report) -> Text:
    summary = Text(f"{report.shop}, in {report.seconds:.0f} s: ")
    for verdict in reversed(Verdict):
        if count := report.counts[verdict]:
            summary.append(f"{verdict.counted(count)}  ", style=_STYLES[verdict][0])
    return summary

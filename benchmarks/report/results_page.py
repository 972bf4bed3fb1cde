"""The page of results, RESULTS.md."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.options import CLIENTS, BenchmarkOptions
from benchmarks.report.findings import Figure, Findings, format_table

_HEAD = ("figure", "aim", "measured", "met", "PostgreSQL, Redis")


def render_results(
    findings: Sequence[Findings], *, date: str, machine: str, options: BenchmarkOptions
) -> str:
    """Return all findings in Markdown: the figures first, then the details."""
    introduction = (
        f"{date}. {machine}. gunicorn as it ships, 2 workers with 16 threads each. The load, "
        f"the shop and the servers share the cores. There are {options.rounds} rounds. Each case "
        f"is measured in every round; with {CLIENTS} clients for {options.seconds} s. Figures are "
        "medians of the rounds, with minimum and maximum. Made by `make bench`."
    )
    figures = [figure for found in findings for figure in found.figures]
    table = format_table(_HEAD, map(_format_row, figures))
    parts = ["# Speed of the service", introduction, table, *_list_missed_aims(figures)]
    return "\n\n".join(parts + [found.details for found in findings]) + "\n"


def _list_missed_aims(figures: Sequence[Figure]) -> list[str]:
    missed = [figure for figure in figures if not figure.met]
    if not missed:
        return []
    lines = [f"- {f.name}: {f.measured}, not {f.aim}. {f.limit}".rstrip() for f in missed]
    return ["Aims that were missed:", "\n".join(lines)]


def _format_row(figure: Figure) -> tuple[str, ...]:
    met = "yes" if figure.met else "**no**"
    return (figure.name, figure.aim, figure.measured, met, figure.beside)

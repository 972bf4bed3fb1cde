"""The page of results."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.plan import CLIENTS, Plan
from benchmarks.report.findings import Figure, Findings, table

_HEAD = ("figure", "aim", "measured", "met", "PostgreSQL, Redis")


def page(findings: Sequence[Findings], *, date: str, machine: str, plan: Plan) -> str:
    """Return all that was found, in Markdown: the figures first, then what they stand on."""
    about = (
        f"{date}. {machine}. gunicorn as shipped, 2 workers of 16 threads. Load by wrk; load, "
        f"shop and servers share the cores. {plan.rounds} rounds, in each of which every case has "
        f"its turn; with {CLIENTS} clients a turn is {plan.seconds} s. Figures are medians of the "
        "rounds, with the least and the most. Made by `make bench`."
    )
    figures = [figure for found in findings for figure in found.figures]
    parts = ["# How fast", about, table(_HEAD, map(_row, figures)), *_missed(figures)]
    return "\n\n".join(parts + [found.details for found in findings]) + "\n"


def _missed(figures: Sequence[Figure]) -> list[str]:
    """Say which aims are missed, and what could be reached at most."""
    missed = [figure for figure in figures if not figure.met]
    if not missed:
        return []
    lines = [f"- {each.name}: {each.measured}, not {each.aim}. {each.limit}" for each in missed]
    return ["Not reached:", "\n".join(map(str.rstrip, lines))]


def _row(figure: Figure) -> tuple[str, ...]:
    met = "yes" if figure.met else "**no**"
    return (figure.name, figure.aim, figure.measured, met, figure.beside)

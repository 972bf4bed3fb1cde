"""The findings of a case: figures with an aim, and tables with details."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure on SQLite and files; `beside` is the same figure on PostgreSQL and Redis.

    `limit` says what the same work takes without the service.
    """

    name: str
    aim: str
    measured: str
    met: bool
    beside: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """The figures of a case, and its details in Markdown."""

    figures: tuple[Figure, ...]
    details: str


def format_spread(values: Sequence[float], form: str) -> str:
    """Return the median of the rounds, with their minimum and maximum in brackets."""
    least, most = min(values), max(values)
    return f"{statistics.median(values):{form}} ({least:{form}} to {most:{form}})"


def format_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)

"""What a part has found: figures that have an aim, and tables that say more."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of the service; `beside` is the same on PostgreSQL and Redis.

    `limit` is what the same work takes with nothing of the service around it.
    """

    name: str
    aim: str
    measured: str
    met: bool
    beside: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """The figures of a part, and its tables in Markdown."""

    figures: tuple[Figure, ...]
    details: str


def spread(values: Sequence[float], form: str) -> str:
    """Return the median of the rounds, and in brackets the least and the most of them."""
    least, most = min(values), max(values)
    return f"{statistics.median(values):{form}} ({least:{form}} to {most:{form}})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)

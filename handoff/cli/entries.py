"""The entries of `handoff reconcile` on standard output: a table, CSV, or JSON.

Each form takes the entries as they come and keeps few of them, however many there are.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Collection
from typing import Any, Protocol

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from handoff.reconciliation.report import ReportEntry, ReportState, ReportSummary, format_time

_MOST_ROWS = 200  # of a table that a person reads
_WORDS = {
    ReportState.MATCHED: "matched",
    ReportState.NOT_ORDERED: "opened, not ordered",
    ReportState.NEVER_OPENED: "never opened",
    ReportState.DIFFERS: "ordered differently",
    ReportState.TWO_ORDERS: "two orders",
    ReportState.UNKNOWN: "unknown reference",
    ReportState.UNRECONCILED: "purged unreconciled",
}
_COLUMNS = (
    "reference",
    "state",
    "final",
    "orders",
    "order_states",
    "differences",
    "handoff",
    "kind",
    "store",
    "quote_number",
    "issued_at",
    "opened_at",
    "settled_at",
)


class Form(Protocol):
    """How entries are written."""

    def add(self, entry: ReportEntry) -> None:
        """Take the next entry."""

    def end(self, summary: ReportSummary, *, complete: bool) -> None:
        """Write what is left; `complete` says that no entry is missing."""


class TableForm:
    """Counts for each state, and a line for each entry of the states that are to be listed."""

    def __init__(self, listed: Collection[ReportState]) -> None:
        self._listed = listed
        self._rows: list[ReportEntry] = []
        self._left_out = 0

    def add(self, entry: ReportEntry) -> None:
        """Keep the entry where it is to be listed."""
        if entry.state not in self._listed:
            return
        if len(self._rows) < _MOST_ROWS:
            self._rows.append(entry)
        else:
            self._left_out += 1

    def end(self, summary: ReportSummary, *, complete: bool) -> None:
        """Print both tables."""
        console = Console()
        if self._rows:
            console.print(self._entries())
        if self._left_out:
            console.print(f"and {self._left_out} more, all of them with --format csv or --json")
        counts = Table("state", Column("handoffs", justify="right"))
        for state, words in _WORDS.items():
            if summary.counts[state]:
                counts.add_row(words, f"{summary.counts[state]:,}")
        console.print(counts if counts.rows else "Nothing to report.")

    def _entries(self) -> Table:
        table = Table()
        for heading in ("reference", "state", "order", "opened", "what"):
            table.add_column(heading, overflow="fold")
        for entry in self._rows:
            opened = format_time(entry.passage.used_at) if entry.passage else None
            # Text, because a reference or a sku may hold what rich takes for its markup.
            cells = (entry.reference or "", _WORDS[entry.state], _orders(entry), opened or "")
            table.add_row(*(Text(cell) for cell in cells), Text(_what(entry)))
        return table


class CsvForm:
    """A line for each entry, with a heading."""

    def __init__(self, _listed: Collection[ReportState]) -> None:
        self._writer = csv.DictWriter(sys.stdout, _COLUMNS, restval="", lineterminator="\n")
        self._writer.writeheader()

    def add(self, entry: ReportEntry) -> None:
        """Write the line."""
        values = {name: value for name, value in entry.as_json().items() if value is not None}
        final = "yes" if entry.final else "no"
        states = " ".join(order["state"] for order in entry.orders)
        numbers = " ".join(order["number"] for order in entry.orders)
        words = {"final": final, "orders": numbers, "order_states": states}
        self._writer.writerow({**values, **words, "differences": _differences(entry)})

    def end(self, summary: ReportSummary, *, complete: bool) -> None:
        """Write nothing more."""


class JsonForm:
    """One object: `handoffs`, `summary`, and whether that is all."""

    def __init__(self, _listed: Collection[ReportState]) -> None:
        self._count = 0
        sys.stdout.write('{"handoffs": [')

    def add(self, entry: ReportEntry) -> None:
        """Write the entry on a line of its own."""
        sys.stdout.write(",\n" if self._count else "\n")
        sys.stdout.write(json.dumps(entry.as_json(), ensure_ascii=False))
        self._count += 1

    def end(self, summary: ReportSummary, *, complete: bool) -> None:
        """Close the object."""
        rest: dict[str, Any] = {"summary": summary.as_json(), "complete": complete}
        sys.stdout.write(f"\n], {json.dumps(rest)[1:]}\n")


def _orders(entry: ReportEntry) -> str:
    return " ".join(order["number"] for order in entry.orders)


def _what(entry: ReportEntry) -> str:
    parts = [_differences(entry)] if entry.state is not ReportState.MATCHED else []
    for order in entry.orders:
        if order["replaced_by"]:
            parts.append(f"{order['number']} was edited and is now {order['replaced_by']}")
        elif order["state"] == "canceled":
            parts.append(f"{order['number']} was cancelled")
    if entry.state is ReportState.NEVER_OPENED and entry.orders:
        parts.append("the quote was ordered without the link")
    return "; ".join(part for part in parts if part)


def _differences(entry: ReportEntry) -> str:
    held = (entry.passage and entry.passage.differences) or []
    return "; ".join(
        f"{each['sku'] or 'currency'}: {each['bag']} in the bag, {each['ordered']} ordered"
        for each in held
    )

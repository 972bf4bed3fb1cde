"""Writes the report of `handoff reconcile` to standard output: as a table, CSV, or JSON.

Each writer gets one entry at a time and keeps only a few, so a report of any length fits into
memory.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Collection
from typing import Any, Protocol

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from handoff.cli.unreadable_records import UnreadableRecords
from handoff.console_table import build_console_table, shorten_time
from handoff.reconciliation.csv_cells import escape_formulas
from handoff.reconciliation.report_entry import ReportEntry, ReportState
from handoff.reconciliation.state_texts import STATE_LABELS, describe_differences
from handoff.time_and_order_json import format_time

StateCounts = Counter[ReportState]
"""The number of entries in each state."""

_MAX_TABLE_ROWS = 200  # a person has to read them
_CSV_COLUMNS = (
    "reference",
    "state",
    "final",
    "orders",
    "order_states",
    "cancelled_orders",
    "differences",
    "handoff",
    "caller",
    "kind",
    "store",
    "quote_number",
    "issued_at",
    "opened_at",
    "settled_at",
)


class ReportWriter(Protocol):
    """Writes the entries of a report in one format."""

    def add_entry(self, entry: ReportEntry) -> None:
        """Write the next entry, or keep it until the end."""

    def finish_report(
        self, counts: StateCounts, unreadable: UnreadableRecords, *, complete: bool
    ) -> None:
        """Write the rest; `complete` is False if entries are missing."""


class TableReportWriter:
    """Prints a count for each state, and a row for each entry in one of the listed states."""

    def __init__(self, listed_states: Collection[ReportState]) -> None:
        self._listed_states = listed_states
        self._entries: list[ReportEntry] = []
        self._omitted_count = 0

    def add_entry(self, entry: ReportEntry) -> None:
        """Keep the entry if it will be listed."""
        if entry.state not in self._listed_states:
            return
        if len(self._entries) < _MAX_TABLE_ROWS:
            self._entries.append(entry)
        else:
            self._omitted_count += 1

    def finish_report(
        self, counts: StateCounts, unreadable: UnreadableRecords, *, complete: bool
    ) -> None:
        """Print the table of entries, and the table of counts if it says more."""
        console = Console()
        if self._entries:
            console.print(self._build_entry_table())
        if len(self._entries) == counts.total() == 1:
            return
        if self._omitted_count:
            console.print(f"and {self._omitted_count} more; --format csv and --json list all")
        table = build_console_table("state", Column("handoffs", justify="right"))
        for state, label in STATE_LABELS.items():
            if counts[state]:
                table.add_row(label, f"{counts[state]:,}")
        console.print(table if table.rows else "Nothing to report.")
        if counts.total() > len(self._entries) + self._omitted_count:
            console.print("Only discrepancies are listed. --since lists all handoffs of a period.")

    def _build_entry_table(self) -> Table:
        rows = [_build_cells(entry) for entry in self._entries]
        filled = [heading for heading in rows[0] if any(row[heading] for row in rows)]
        # A reference in one piece can be copied. Beside a long text there is no room for it.
        whole = set() if "what" in filled else {"reference"}
        columns = [Column(each, overflow="fold", no_wrap=each in whole) for each in filled]
        table = build_console_table(*columns)
        for row in rows:
            # Text, because a reference or a sku may hold rich's markup.
            table.add_row(*(Text(row[heading]) for heading in filled))
        return table


class CsvReportWriter:
    """Writes a heading, and a line for each entry."""

    def __init__(self, _listed_states: Collection[ReportState]) -> None:
        self._writer = csv.DictWriter(sys.stdout, _CSV_COLUMNS, restval="", lineterminator="\n")
        self._writer.writeheader()

    def add_entry(self, entry: ReportEntry) -> None:
        """Write the line of the entry."""
        values = {name: value for name, value in entry.as_json().items() if value is not None}
        texts = {
            "final": "yes" if entry.final else "no",
            "orders": _join_order_fields(entry, "number"),
            "order_states": _join_order_fields(entry, "state"),
            "cancelled_orders": " ".join(order["number"] for order in entry.cancelled_orders),
            "differences": _describe_entry_differences(entry),
        }
        cells = {**values, **texts}
        self._writer.writerow({name: escape_formulas(str(cell)) for name, cell in cells.items()})

    def finish_report(
        self, counts: StateCounts, unreadable: UnreadableRecords, *, complete: bool
    ) -> None:
        """Write nothing more."""


class JsonReportWriter:
    """Writes one object with `handoffs`, `summary`, `unreadable` and `complete`."""

    def __init__(self, _listed_states: Collection[ReportState]) -> None:
        self._count = 0
        sys.stdout.write('{"handoffs": [')

    def add_entry(self, entry: ReportEntry) -> None:
        """Write the entry on a line of its own."""
        sys.stdout.write(",\n" if self._count else "\n")
        sys.stdout.write(json.dumps(entry.as_json(), ensure_ascii=False))
        self._count += 1

    def finish_report(
        self, counts: StateCounts, unreadable: UnreadableRecords, *, complete: bool
    ) -> None:
        """Close the object."""
        rest: dict[str, Any] = {
            "summary": {state.value: counts[state] for state in ReportState},
            "unreadable": unreadable.as_json(),
            "complete": complete,
        }
        sys.stdout.write(f"\n], {json.dumps(rest)[1:]}\n")


def _build_cells(entry: ReportEntry) -> dict[str, str]:
    """Return the cells of an entry's row by their headings."""
    return {
        "reference": entry.reference or "",
        "state": STATE_LABELS[entry.state],
        "order": _join_order_fields(entry, "number"),
        "opened": shorten_time(format_time(entry.handoff.used_at) if entry.handoff else None),
        "what": _describe_entry(entry),
    }


def _join_order_fields(entry: ReportEntry, name: str) -> str:
    return " ".join(order[name] for order in entry.orders)


def _describe_entry(entry: ReportEntry) -> str:
    parts = [_describe_entry_differences(entry)] if entry.state is not ReportState.MATCHED else []
    for order in entry.orders:
        if order["replaced_by"]:
            parts.append(f"{order['number']} was edited and is now {order['replaced_by']}")
    parts += [f"{order['number']} was cancelled" for order in entry.cancelled_orders]
    if entry.state is ReportState.NEVER_OPENED and entry.orders:
        parts.append("the quote was ordered without the link")
    return "; ".join(part for part in parts if part)


def _describe_entry_differences(entry: ReportEntry) -> str:
    return describe_differences((entry.handoff and entry.handoff.differences) or [])

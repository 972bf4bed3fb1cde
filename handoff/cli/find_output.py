"""Prints what `handoff find` has found: a table for each handoff, and the last refusal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Column
from rich.text import Text

from handoff.cli.reconcile_output import STATE_LABELS, describe_differences
from handoff.console_table import create_table, format_count
from handoff.reconciliation.report import ReportState

_KINDS = {"bag": "a bag", "guest": "a guest's quote", "customer": "a customer's quote"}


def print_transfer(console: Console, transfer: dict[str, Any]) -> None:
    """Print a transfer of the JSON report."""
    reference = transfer["reference"]
    subject = "No reference" if reference is None else f"Reference {reference}"
    # Text, because a reference or a sku may hold rich's markup.
    console.print(Text(f"{subject}: {_separate_words(transfer['state'])}", style="bold"))
    for handoff in transfer["handoffs"]:
        rows = [
            (entry["at"], _separate_words(entry["event"]), _describe_facts(entry))
            for entry in handoff["timeline"]
        ]
        title = f"Handoff {handoff['handoff']}, support code {handoff['support_code']}"
        _print_table(console, title, rows)
    refusal = transfer["refusal"]
    if refusal is not None:
        what = ": ".join(filter(None, (refusal["code"], ", ".join(refusal["skus"]))))
        _print_table(console, "Last refused transfer", [(refusal["refused_at"], "refused", what)])


def _print_table(console: Console, title: str, rows: Iterable[tuple[str | None, str, str]]) -> None:
    table = create_table("time", "event", Column("what", overflow="fold"), title=title)
    for at, event, what in rows:
        table.add_row(_shorten_time(at), event, Text(what))
    console.print(table)


def _describe_facts(entry: dict[str, Any]) -> str:
    match entry["event"]:
        case "transferred":
            return _describe_transferred(entry)
        case "reopened":
            return format_count(entry["count"], "time")
        case "ordered":
            return _describe_order(entry)
        case "reconciled":
            label = STATE_LABELS[ReportState(entry["outcome"])]
            return ": ".join(filter(None, (label, describe_differences(entry["differences"]))))
    return ""


def _describe_transferred(entry: dict[str, Any]) -> str:
    count = entry["item_count"]
    parts = [
        f"by {entry['caller']}" if entry["caller"] else "by direct entry",
        _KINDS.get(entry["kind"], entry["kind"]),
        None if count is None else format_count(count, "item"),
        f"quote {entry['quote_number']}",
        f"store view {entry['store']}",
    ]
    return ", ".join(filter(None, parts))


def _describe_order(entry: dict[str, Any]) -> str:
    text = f"{entry['number']}, {entry['state']}"
    if entry["replaced_by"]:
        text += f", edited and now {entry['replaced_by']}"
    return text


def _separate_words(name: str) -> str:
    return name.replace("_", " ")


def _shorten_time(text: str | None) -> str:
    """Return `2027-01-15T08:00:00.000Z` as `2027-01-15 08:00:00Z`."""
    return "" if text is None else f"{text[:10]} {text[11:19]}Z"

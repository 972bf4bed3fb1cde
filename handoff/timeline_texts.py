"""The texts of a timeline's entries, for the terminal and for the ops pages."""

from __future__ import annotations

from typing import Any

from handoff.console_table import format_count
from handoff.entry.result_pages import find_page_title
from handoff.reconciliation.report import ReportState
from handoff.reconciliation.state_texts import STATE_LABELS, describe_differences

_KINDS = {"bag": "a bag", "guest": "a guest's quote", "customer": "a customer's quote"}


def describe_entry(entry: dict[str, Any]) -> str:
    """Return what an entry of a timeline says besides its event and its time."""
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
        case "page_shown":
            return find_page_title(entry["page"])
        case "delivered" | "waiting":
            return _describe_delivery(entry)
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


def _describe_delivery(entry: dict[str, Any]) -> str:
    text = f"{entry['type']} to {entry['receiver']}"
    if entry["failed_count"]:
        text += f", {format_count(entry['failed_count'], 'failed attempt')}"
    return text


def separate_words(name: str) -> str:
    """Return the name of an event or a state as words."""
    return name.replace("_", " ")

"""The texts of a timeline's entries, for the terminal and for the ops pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handoff import problems
from handoff.console_table import format_count
from handoff.entry.result_pages import get_page_title
from handoff.problems import Problem
from handoff.reconciliation.report_entry import ReportState
from handoff.reconciliation.state_texts import STATE_LABELS, describe_differences

_STATE_SENTENCES = {
    "superseded": "Another transfer has taken over the cart.",
    "session_written": "The shopper got into checkout. No order is known.",
    "expired": "Nobody got into checkout before the link expired.",
    "opened": "The link was used, but no session could be written yet.",
    "issued": "The link was given out and waits to be opened.",
}
_PROBLEM_TITLES = {
    problem.code: problem.title
    for problem in vars(problems).values()
    if isinstance(problem, type) and issubclass(problem, Problem) and problem is not Problem
}

_KINDS = {"bag": "a bag", "guest": "a guest's quote", "customer": "a customer's quote"}


def describe_verdict(transfer: dict[str, Any]) -> str:
    """Return in a sentence or two what has become of a transfer of the search."""
    if transfer["state"] == "ordered":
        return _describe_orders(transfer)
    if transfer["state"] == "refused":
        refusal = transfer["refusal"]
        title = _PROBLEM_TITLES.get(refusal["code"], refusal["code"])
        return f"The last transfer was refused, so there was no link: {title.rstrip('.')}."
    return _STATE_SENTENCES[transfer["state"]]


def _describe_orders(transfer: dict[str, Any]) -> str:
    numbers = [order["number"] for order in transfer["orders"]]
    text = f"Ordered: {', '.join(numbers)}."
    if len(numbers) > 1:
        text += " There is more than one order."
    lines = [line for handoff in transfer["handoffs"] for line in handoff["lines"]]
    if any(line["difference"] for line in lines):
        text += " The order differs from the bag."
    return text


def describe_entry_details(entry: dict[str, Any]) -> str:
    """Return what an entry of a timeline says besides its event and its time."""
    match entry["event"]:
        case "transferred":
            return _describe_transfer(entry)
        case "reopened":
            return format_count(entry["count"], "time")
        case "ordered":
            return _describe_order(entry)
        case "reconciled":
            label = STATE_LABELS[ReportState(entry["outcome"])]
            return ": ".join(filter(None, (label, describe_differences(entry["differences"]))))
        case "page_shown":
            return get_page_title(entry["page"])
        case "webhook_delivered" | "webhook_waiting" | "webhook_set_aside":
            return _describe_delivery(entry)
    return ""


def _describe_transfer(entry: dict[str, Any]) -> str:
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
    parts = [f"{entry['type']} to {entry['receiver']}"]
    if entry["failed_count"]:
        parts.append(format_count(entry["failed_count"], "failed attempt"))
    if entry["event"] == "webhook_set_aside":
        parts.append("not sent, because the ledger's record cannot be read")
    if entry["event"] == "webhook_waiting":
        parts += _describe_attempts(entry)
    return ", ".join(parts)


def _describe_attempts(entry: dict[str, Any]) -> list[str]:
    next_attempt = f"next due {format_moment(entry['next_attempt_at'])}"
    if entry["last_failure"] is None:
        return [next_attempt]
    last_attempt = f"last {format_moment(entry['last_attempt_at'])}: {entry['last_failure']}"
    return [last_attempt.rstrip("."), next_attempt]


def format_moment(text: str | None) -> str:
    """Return `2027-01-15T08:00:00.000Z` as `15 Jan 2027 08:00:00`, and None as nothing."""
    return f"{datetime.fromisoformat(text):%-d %b %Y %H:%M:%S}" if text else ""


def separate_words(name: str) -> str:
    """Return the name of an event or a state as words."""
    return name.replace("_", " ")

"""Prints what `handoff find` has found: tables for each handoff, and the last refusals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Column
from rich.text import Text

from handoff.console_table import build_console_table, shorten_time
from handoff.reconciliation.state_texts import DIFFERENCE_LABELS
from handoff.timeline_texts import describe_entry_details, describe_verdict, separate_words


def print_transfer(console: Console, transfer: dict[str, Any]) -> None:
    """Print a transfer of the JSON report."""
    reference = transfer["reference"]
    subject = "No reference" if reference is None else f"Reference {reference}"
    # Text, because a reference or a sku may hold rich's markup.
    console.print(Text(f"{subject}: {separate_words(transfer['state'])}", style="bold"))
    console.print(Text(describe_verdict(transfer)))
    for handoff in transfer["handoffs"]:
        rows = [
            (entry["at"], separate_words(entry["event"]), describe_entry_details(entry))
            for entry in handoff["timeline"]
        ]
        title = f"Handoff {handoff['handoff']}, support code {handoff['support_code']}"
        _print_table(console, title, rows)
        _print_bag_and_order(console, handoff["lines"])
    if transfer["refusals"]:
        rows = [
            (refusal["refused_at"], "refused", _describe_refusal(refusal))
            for refusal in transfer["refusals"]
        ]
        _print_table(console, "Last refused transfers", rows)


def _describe_refusal(refusal: dict[str, Any]) -> str:
    return ": ".join(filter(None, (refusal["code"], ", ".join(refusal["skus"]))))


def _print_bag_and_order(console: Console, lines: Sequence[dict[str, Any]]) -> None:
    """Print the bag, beside the order if there is one that was compared with it."""
    if not lines:  # the bag is purged
        return
    if any(line["ordered"] is None for line in lines):
        table = build_console_table("sku", "quantity", title="Bag")
        for line in lines:
            table.add_row(Text(line["sku"]), line["bag"])
    else:
        table = build_console_table(
            "sku", "in the bag", "ordered", "difference", title="Bag and order"
        )
        for line in lines:
            mark = DIFFERENCE_LABELS.get(line["difference"], "none")
            table.add_row(Text(line["sku"]), line["bag"], line["ordered"], mark)
    console.print(table)


def _print_table(console: Console, title: str, rows: Iterable[tuple[str | None, str, str]]) -> None:
    table = build_console_table("time", "event", Column("what", overflow="fold"), title=title)
    for at, event, what in rows:
        table.add_row(shorten_time(at), event, Text(what))
    console.print(table)

"""Texts for people: the states and the differences of a reconciliation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from handoff.reconciliation.report_entry import ReportState

STATE_LABELS = {
    ReportState.MATCHED: "matched",
    ReportState.NOT_ORDERED: "opened, not ordered",
    ReportState.NEVER_OPENED: "never opened",
    ReportState.DIFFERS: "ordered differently",
    ReportState.TWO_ORDERS: "two orders",
    ReportState.UNKNOWN: "unknown reference",
    ReportState.UNRECONCILED: "purged unreconciled",
}

DIFFERENCE_LABELS = {
    "foreign_in_order": "not in the bag",
    "missing_in_order": "not ordered",
    "quantity_differs": "another quantity",
}


def describe_differences(differences: Iterable[dict[str, Any]]) -> str:
    """Return the differences between a bag and its orders, as the ledger holds them, as text."""
    return "; ".join(
        f"{difference['sku'] or 'currency'}: {difference['bag']} in the bag, "
        f"{difference['ordered']} ordered"
        for difference in differences
    )

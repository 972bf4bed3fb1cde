"""What is said of a reference, or of a transfer without one: one entry, whatever its passages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from handoff.ledger.reconciliation_repository import Passage


class ReportState(Enum):
    """Everything that an entry can say."""

    MATCHED = "matched"
    NOT_ORDERED = "not_ordered"
    NEVER_OPENED = "never_opened"
    DIFFERS = "differs"
    TWO_ORDERS = "two_orders"
    UNKNOWN = "unknown_reference"
    UNRECONCILED = "unreconciled"


DISCREPANCIES = frozenset({ReportState.DIFFERS, ReportState.TWO_ORDERS, ReportState.UNKNOWN})
"""What is wrong wherever it is met. That a shopper opens a link and buys nothing is not."""


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """A reference, its state, and the passage that the state is about, None where it is unknown.

    `orders` are those of all passages; `final` says that nothing of this will change.
    """

    reference: str | None
    state: ReportState
    final: bool
    passage: Passage | None = None
    orders: tuple[dict[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the entry as JSON shows it. Times are ISO 8601, UTC."""
        passage = self.passage
        shape: dict[str, Any] = {
            "reference": self.reference,
            "state": self.state.value,
            "final": self.final,
            "orders": [
                {name: order[name] for name in ("number", "state", "replaced_by")}
                for order in self.orders
            ],
            "differences": (passage and passage.differences) or [],
        }
        if passage is None:
            return shape
        return shape | {
            "handoff": passage.id,
            "kind": passage.kind,
            "store": passage.store_code,
            "quote_number": passage.quote_number,
            "issued_at": format_time(passage.issued_at),
            "opened_at": format_time(passage.used_at),
            "settled_at": format_time(passage.resolved_at),
        }


@dataclass(slots=True)
class ReportSummary:
    """How many entries there are of each state."""

    counts: Counter[ReportState] = field(default_factory=Counter)

    def add(self, entry: ReportEntry) -> None:
        """Count an entry."""
        self.counts[entry.state] += 1

    def as_json(self) -> dict[str, int]:
        """Return every state with its count, those that did not come up too."""
        return {state.value: self.counts[state] for state in ReportState}


def report_entry_for(passages: Sequence[Passage]) -> ReportEntry:
    """Return the entry for all passages of one transfer."""
    orders = tuple(order for passage in passages for order in passage.orders or ())
    best = max(passages, key=lambda passage: (bool(passage.orders), *passage.opening_order))
    return ReportEntry(
        reference=best.reference,
        state=ReportState.TWO_ORDERS if len(orders) > 1 else _state(best),
        final=all(passage.resolved_at is not None for passage in passages),
        passage=best,
        orders=orders,
    )


def unknown_reference_entry(reference: str) -> ReportEntry:
    """Return the entry for a reference that the ledger does not hold."""
    return ReportEntry(reference, ReportState.UNKNOWN, final=False)


def format_time(moment: int | None) -> str | None:
    """Write a moment of the ledger, whole seconds and UTC: 2026-11-21T19:04:01Z."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _state(passage: Passage) -> ReportState:
    if passage.outcome is not None:
        return ReportState(passage.outcome)
    return ReportState.NOT_ORDERED if passage.opened else ReportState.NEVER_OPENED

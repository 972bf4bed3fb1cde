"""An entry in the report of `handoff reconcile`, about one reference or a transfer without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from handoff.ledger.models import Handoff
from handoff.time_and_order_json import format_time


class ReportState(Enum):
    """The state of an entry."""

    MATCHED = "matched"
    NOT_ORDERED = "not_ordered"
    NEVER_OPENED = "never_opened"
    DIFFERS = "differs"
    TWO_ORDERS = "two_orders"
    UNKNOWN = "unknown_reference"
    UNRECONCILED = "unreconciled"


DISCREPANCIES = frozenset({ReportState.DIFFERS, ReportState.TWO_ORDERS, ReportState.UNKNOWN})
"""The states that are always wrong. A link that is opened without an order is not."""


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """A reference, its state, and the handoff with that state, None if unknown.

    `orders` and `cancelled_orders` belong to all handoffs of the transfer. `final` says that each
    of them has an outcome. Only the shop can change the entry then, by cancelling an order.
    """

    reference: str | None
    state: ReportState
    final: bool
    handoff: Handoff | None = None
    orders: tuple[dict[str, Any], ...] = ()
    cancelled_orders: tuple[dict[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the entry as JSON; times are ISO 8601, UTC."""
        handoff = self.handoff
        fields: dict[str, Any] = {
            "reference": self.reference,
            "state": self.state.value,
            "final": self.final,
            "orders": [
                {name: order[name] for name in ("number", "state", "replaced_by")}
                for order in self.orders
            ],
            "cancelled_orders": [order["number"] for order in self.cancelled_orders],
            "differences": (handoff and handoff.differences) or [],
        }
        if handoff is None:
            return fields
        return fields | {
            "handoff": handoff.id,
            "caller": handoff.caller,
            "kind": handoff.kind,
            "store": handoff.store_code,
            "quote_number": handoff.quote_number,
            "issued_at": format_time(handoff.issued_at, unit="seconds"),
            "opened_at": format_time(handoff.used_at, unit="seconds"),
            "settled_at": format_time(handoff.resolved_at, unit="seconds"),
        }


def build_entry(handoffs: Sequence[Handoff]) -> ReportEntry:
    """Return the entry for all handoffs of one transfer."""
    orders = tuple(order for handoff in handoffs for order in handoff.valid_orders)
    best = max(handoffs, key=lambda handoff: (bool(handoff.valid_orders), *handoff.opening_times))
    return ReportEntry(
        reference=best.reference,
        state=ReportState.TWO_ORDERS if len(orders) > 1 else _determine_state(best),
        final=all(handoff.resolved_at is not None for handoff in handoffs),
        handoff=best,
        orders=orders,
        cancelled_orders=tuple(order for handoff in handoffs for order in handoff.cancelled_orders),
    )


def build_unknown_entry(reference: str) -> ReportEntry:
    """Return the entry for a reference that the ledger does not hold."""
    return ReportEntry(reference, ReportState.UNKNOWN, final=False)


def _determine_state(handoff: Handoff) -> ReportState:
    if handoff.outcome is not None:
        return ReportState(handoff.outcome)
    return ReportState.NOT_ORDERED if handoff.is_link_used else ReportState.NEVER_OPENED

"""The timeline of a handoff: what has happened to it, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from handoff.api_values import format_time
from handoff.ledger import Handoff, LinkState


class HandoffEvent(Enum):
    """A kind of event in a timeline."""

    TRANSFERRED = "transferred"
    OPENED = "opened"
    SESSION_WRITTEN = "session_written"
    REOPENED = "reopened"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    ORDERED = "ordered"
    RECONCILED = "reconciled"
    PURGED = "purged"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """An event, its time in milliseconds since 1970, and facts that JSON can hold.

    The ledger keeps no time of reopenings and orders, so `at` is None for them.
    """

    event: HandoffEvent
    at: int | None
    facts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the entry as JSON."""
        return {"event": self.event.value, "at": format_time(self.at), **self.facts}


def build_timeline(handoff: Handoff) -> list[TimelineEntry]:
    """Return the entries of a handoff. No entry holds a credential or says who the customer is."""
    moments = [*_list_link_moments(handoff), *_list_order_moments(handoff)]
    return [entry for _, entry in sorted(moments, key=lambda moment: moment[0])]


def _list_link_moments(handoff: Handoff) -> Iterator[tuple[int, TimelineEntry]]:
    """Yield what happened to the link, each with the time by which to sort it."""
    facts = {
        "caller": handoff.caller,
        "kind": handoff.kind,
        "store": handoff.store_code,
        "quote_number": handoff.quote_number,
        "item_count": None if handoff.anonymised_at else handoff.item_count,
    }
    yield handoff.issued_at, TimelineEntry(HandoffEvent.TRANSFERRED, handoff.issued_at, facts)
    written_at = handoff.session_written_at
    expired_at = handoff.expires_at if handoff.state is LinkState.EXPIRED else None
    for event, at in (
        (HandoffEvent.OPENED, handoff.used_at),
        (HandoffEvent.SESSION_WRITTEN, written_at),
        (HandoffEvent.SUPERSEDED, handoff.superseded_at),
        (HandoffEvent.EXPIRED, expired_at),
        (HandoffEvent.PURGED, handoff.anonymised_at),
    ):
        if at is not None:
            yield at, TimelineEntry(event, at)
    if handoff.reopen_count and written_at is not None:
        facts = {"count": handoff.reopen_count}
        yield written_at, TimelineEntry(HandoffEvent.REOPENED, None, facts)


def _list_order_moments(handoff: Handoff) -> Iterator[tuple[int, TimelineEntry]]:
    """Yield the orders, then the result of reconciliation; both are found after the rest."""
    found_at = max(handoff.resolved_at or 0, handoff.orders_looked_up_at or 0, handoff.issued_at)
    for order in handoff.orders or ():
        facts = {
            "number": order["number"],
            "state": order["state"],
            "is_cancelled": bool(order.get("is_cancelled")),
            "replaced_by": order.get("replaced_by"),
        }
        yield found_at, TimelineEntry(HandoffEvent.ORDERED, None, facts)
    if handoff.outcome is not None:
        facts = {"outcome": handoff.outcome, "differences": handoff.differences or []}
        yield found_at, TimelineEntry(HandoffEvent.RECONCILED, handoff.resolved_at, facts)

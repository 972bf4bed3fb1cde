"""The timeline of a handoff: what has happened to it, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from handoff.api_formats import format_time
from handoff.ledger import Handoff, LinkState
from handoff.ledger.event_deliveries import EventDelivery


class HandoffEvent(Enum):
    """A kind of event in a timeline."""

    TRANSFERRED = "transferred"
    OPENED = "opened"
    SESSION_WRITTEN = "session_written"
    REOPENED = "reopened"
    PAGE_SHOWN = "page_shown"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    ORDERED = "ordered"
    RECONCILED = "reconciled"
    WEBHOOK_WAITING = "webhook_waiting"
    WEBHOOK_DELIVERED = "webhook_delivered"
    WEBHOOK_SET_ASIDE = "webhook_set_aside"
    PURGED = "purged"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """An event, its time in milliseconds since 1970, and facts that JSON can hold.

    `at` is None for reopenings and orders that an earlier version recorded without their time.
    """

    event: HandoffEvent
    at: int | None
    facts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the entry as JSON."""
        return {"event": self.event.value, "at": format_time(self.at), **self.facts}


_Moment = tuple[int, TimelineEntry]  # an entry, and the time by which to sort it


def build_timeline(
    handoff: Handoff,
    deliveries: Sequence[EventDelivery] = (),
    receiver_names: Mapping[str, str] | None = None,
) -> list[TimelineEntry]:
    """Return the entries of a handoff. No entry holds a credential or says who the customer is.

    `receiver_names` has the names of the receivers that `deliveries` have, by their keys.
    """
    moments = [
        *_list_link_moments(handoff),
        *_list_web_view_moments(handoff),
        *_list_order_moments(handoff),
        *_list_delivery_moments(deliveries, receiver_names or {}),
    ]
    return [entry for _, entry in sorted(moments, key=lambda moment: moment[0])]


def _list_link_moments(handoff: Handoff) -> Iterator[_Moment]:
    facts = {
        "caller": handoff.caller,
        "kind": handoff.kind,
        "store": handoff.store_code,
        "quote_number": handoff.quote_number,
        "item_count": None if handoff.anonymised_at else handoff.item_count,
    }
    yield handoff.issued_at, TimelineEntry(HandoffEvent.TRANSFERRED, handoff.issued_at, facts)
    expired_at = handoff.expires_at if handoff.state is LinkState.EXPIRED else None
    for event, at in (
        (HandoffEvent.OPENED, handoff.used_at),
        (HandoffEvent.SESSION_WRITTEN, handoff.session_written_at),
        (HandoffEvent.SUPERSEDED, handoff.superseded_at),
        (HandoffEvent.EXPIRED, expired_at),
        (HandoffEvent.PURGED, handoff.anonymised_at),
    ):
        if at is not None:
            yield at, TimelineEntry(event, at)


def _list_web_view_moments(handoff: Handoff) -> Iterator[_Moment]:
    written_at, reopened_at = handoff.session_written_at, handoff.reopened_at
    if handoff.reopen_count and written_at is not None:
        facts: dict[str, Any] = {"count": handoff.reopen_count}
        entry = TimelineEntry(HandoffEvent.REOPENED, reopened_at, facts)
        yield reopened_at or written_at, entry
    if handoff.page_shown_at is not None:
        facts = {"page": handoff.shown_page}
        entry = TimelineEntry(HandoffEvent.PAGE_SHOWN, handoff.page_shown_at, facts)
        yield handoff.page_shown_at, entry


def _list_order_moments(handoff: Handoff) -> Iterator[_Moment]:
    """Yield the orders, then the result of reconciliation; both come after the link's use."""
    used_at = handoff.session_written_at or handoff.issued_at
    found_at = max(handoff.resolved_at or 0, handoff.orders_looked_up_at or 0, used_at)
    for order in handoff.orders or ():
        facts = {
            "number": order["number"],
            "state": order["state"],
            "is_cancelled": bool(order.get("is_cancelled")),
            "replaced_by": order.get("replaced_by"),
        }
        placed_at = order.get("placed_at")
        entry = TimelineEntry(HandoffEvent.ORDERED, placed_at, facts)
        # Magento's time has whole seconds, and its clock may differ from the ledger's.
        yield max(placed_at or found_at, used_at), entry
    if handoff.outcome is not None:
        facts = {"outcome": handoff.outcome, "differences": handoff.differences or []}
        yield found_at, TimelineEntry(HandoffEvent.RECONCILED, handoff.resolved_at, facts)


def _list_delivery_moments(
    deliveries: Sequence[EventDelivery], receiver_names: Mapping[str, str]
) -> Iterator[_Moment]:
    for delivery in deliveries:
        event, at = HandoffEvent.WEBHOOK_WAITING, delivery.created_at
        if delivery.delivered_at is not None:
            event, at = HandoffEvent.WEBHOOK_DELIVERED, delivery.delivered_at
        elif delivery.set_aside_at is not None:
            event, at = HandoffEvent.WEBHOOK_SET_ASIDE, delivery.set_aside_at
        is_waiting = event is HandoffEvent.WEBHOOK_WAITING
        facts = {
            "type": delivery.type,
            "receiver": receiver_names.get(delivery.receiver, delivery.receiver[:6]),
            "failed_count": delivery.failed_count,
            "last_failure": delivery.last_failure,
            "last_attempt_at": format_time(delivery.last_attempt_at),
            "next_attempt_at": format_time(delivery.next_attempt_at) if is_waiting else None,
        }
        yield at, TimelineEntry(event, at, facts)

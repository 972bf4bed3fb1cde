"""The timeline of a handoff: what has happened to it, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from handoff.ledger.models import Handoff, LinkState
from handoff.ledger.webhook_delivery_history import EventDelivery
from handoff.time_and_order_json import format_time

_Moment = tuple[int, dict[str, Any]]  # an entry, and the time by which to sort it


def build_timeline(
    handoff: Handoff, deliveries: Sequence[EventDelivery], receiver_names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the entries of a handoff as JSON: an event, its time, and the facts about it.

    The time is None for reopenings and orders that an earlier version recorded without it. No
    entry holds a credential or says who the customer is. `receiver_names` has the names of the
    receivers that `deliveries` have, by their keys.
    """
    moments = [
        *_list_link_moments(handoff),
        *_list_web_view_moments(handoff),
        *_list_order_moments(handoff),
        *_list_delivery_moments(deliveries, receiver_names),
    ]
    return [entry for _, entry in sorted(moments, key=lambda moment: moment[0])]


def _build_entry(event: str, at: int | None, **facts: Any) -> dict[str, Any]:
    return {"event": event, "at": format_time(at), **facts}


def _list_link_moments(handoff: Handoff) -> Iterator[_Moment]:
    transferred = _build_entry(
        "transferred",
        handoff.issued_at,
        caller=handoff.caller,
        kind=handoff.kind,
        store=handoff.store_code,
        quote_number=handoff.quote_number,
        item_count=None if handoff.anonymised_at else handoff.item_count,
    )
    yield handoff.issued_at, transferred
    expired_at = handoff.expires_at if handoff.state is LinkState.EXPIRED else None
    for event, at in (
        ("opened", handoff.used_at),
        ("session_written", handoff.session_written_at),
        ("superseded", handoff.superseded_at),
        ("expired", expired_at),
        ("purged", handoff.anonymised_at),
    ):
        if at is not None:
            yield at, _build_entry(event, at)


def _list_web_view_moments(handoff: Handoff) -> Iterator[_Moment]:
    written_at, reopened_at = handoff.session_written_at, handoff.reopened_at
    if handoff.reopen_count and written_at is not None:
        entry = _build_entry("reopened", reopened_at, count=handoff.reopen_count)
        yield reopened_at or written_at, entry
    if handoff.page_shown_at is not None:
        entry = _build_entry("page_shown", handoff.page_shown_at, page=handoff.shown_page)
        yield handoff.page_shown_at, entry


def _list_order_moments(handoff: Handoff) -> Iterator[_Moment]:
    """Yield the orders, then the result of reconciliation; both come after the link's use."""
    used_at = handoff.session_written_at or handoff.issued_at
    found_at = max(handoff.resolved_at or 0, handoff.orders_looked_up_at or 0, used_at)
    for order in handoff.orders or ():
        placed_at = order.get("placed_at")
        entry = _build_entry(
            "ordered",
            placed_at,
            number=order["number"],
            state=order["state"],
            is_cancelled=bool(order.get("is_cancelled")),
            replaced_by=order.get("replaced_by"),
        )
        # Magento's time has whole seconds, and its clock may differ from the ledger's.
        yield max(placed_at or found_at, used_at), entry
    if handoff.outcome is not None:
        entry = _build_entry(
            "reconciled",
            handoff.resolved_at,
            outcome=handoff.outcome,
            differences=handoff.differences or [],
        )
        yield found_at, entry


def _list_delivery_moments(
    deliveries: Sequence[EventDelivery], receiver_names: Mapping[str, str]
) -> Iterator[_Moment]:
    for delivery in deliveries:
        event, at = "webhook_waiting", delivery.created_at
        if delivery.delivered_at is not None:
            event, at = "webhook_delivered", delivery.delivered_at
        elif delivery.set_aside_at is not None:
            event, at = "webhook_set_aside", delivery.set_aside_at
        next_attempt_at = delivery.next_attempt_at if event == "webhook_waiting" else None
        entry = _build_entry(
            event,
            at,
            type=delivery.type,
            receiver=receiver_names.get(delivery.receiver, delivery.receiver[:6]),
            failed_count=delivery.attempt_count,
            last_failure=delivery.last_failure,
            last_attempt_at=format_time(delivery.last_attempt_at),
            next_attempt_at=format_time(next_attempt_at),
        )
        yield at, entry

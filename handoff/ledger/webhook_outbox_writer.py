"""Writes the events of the webhooks into the outbox, in the transaction of the change itself.

An event has one row for each receiver. Its id is made from the event's own facts, so an event
that several processes find is written once. The payload is written as it will be sent.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # SQLite has the same ON CONFLICT

from handoff.ledger.database import NOW
from handoff.ledger.models import (
    Handoff,
    OrderFinding,
    OrderOutcome,
    compute_digest,
    list_uncancelled_orders,
)
from handoff.ledger.tables import webhook_event
from handoff.time_and_order_json import build_order_json, format_time

OPENED = "handoff.opened"
ORDERED = "handoff.ordered"
ORDER_DIFFERS = "handoff.order_differs"
EXPIRED = "handoff.expired"

_ID_LENGTH = 32  # characters of a digest
_READ_TIME = sa.select(NOW)
_INSERT = insert(webhook_event).on_conflict_do_nothing(
    index_elements=[webhook_event.c.receiver, webhook_event.c.id]
)


class WebhookOutboxWriter:
    """Writes events for the receivers of the settings; `receivers` are their keys."""

    def __init__(self, receivers: Sequence[str]) -> None:
        self._receivers = tuple(receivers)

    def add_opened_event(self, connection: sa.Connection, handoff: Handoff) -> None:
        """Add the event of a link that a web view has used for the first time."""
        self._add_event(connection, OPENED, handoff, {}, identity=[])

    def add_expired_event(self, connection: sa.Connection, handoff: Handoff) -> None:
        """Add the event of a link that expired before anybody used it."""
        self._add_event(connection, EXPIRED, handoff, {}, identity=[])

    def add_order_events(
        self, connection: sa.Connection, before: Handoff, orders: Sequence[dict[str, Any]] | None
    ) -> None:
        """Add an event for each valid order that a handoff did not have before."""
        for order in _find_new_orders(before, orders):
            data = {"order": build_order_json(order)}
            self._add_event(connection, ORDERED, before, data, identity=[order["id"]])

    def add_difference_event_if_new(self, connection: sa.Connection, finding: OrderFinding) -> None:
        """Add the event of orders that differ from the bag, if this was not found before."""
        before, differences = finding.handoff, finding.differences
        is_known = before.differences == differences and not _find_new_orders(
            before, finding.orders
        )
        if finding.outcome is not OrderOutcome.DIFFERS or is_known:
            return
        orders = [build_order_json(order) for order in list_uncancelled_orders(finding.orders)]
        data = {"orders": orders, "differences": differences}
        numbers = [order["number"] for order in orders]
        self._add_event(connection, ORDER_DIFFERS, before, data, identity=[numbers, differences])

    def _add_event(
        self,
        connection: sa.Connection,
        kind: str,
        handoff: Handoff,
        data: dict[str, Any],
        *,
        identity: Sequence[Any],
    ) -> None:
        now = connection.execute(_READ_TIME).scalar_one()
        event = {
            "id": f"msg_{compute_digest([handoff.id, kind, *identity])[:_ID_LENGTH]}",
            "handoff_id": handoff.id,
            "type": kind,
            "payload": _build_payload(kind, handoff, data, now),
            "created_at": now,
            "attempt_count": 0,
            "next_attempt_at": now,
        }
        rows = [{**event, "receiver": receiver} for receiver in self._receivers]
        connection.execute(_INSERT, rows)


def _build_payload(kind: str, handoff: Handoff, data: dict[str, Any], now: int) -> str:
    """Return the body of the request. It has no bag, no customer and no credential."""
    common = {
        "handoff": handoff.id,
        "caller": handoff.caller,
        "reference": handoff.reference,
        "store": handoff.store_code,
        "issued_at": format_time(handoff.issued_at),
        "expires_at": format_time(handoff.expires_at),
        "opened_at": format_time(handoff.used_at),
    }
    return json.dumps({"type": kind, "timestamp": format_time(now), "data": {**common, **data}})


def _find_new_orders(
    before: Handoff, orders: Sequence[dict[str, Any]] | None
) -> list[dict[str, Any]]:
    known = {order["id"] for order in before.valid_orders}
    return [order for order in list_uncancelled_orders(orders) if order["id"] not in known]

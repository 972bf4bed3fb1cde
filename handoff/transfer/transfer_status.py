"""Describes what has become of a transfer, for the caller who made it.

Several things can be true of a reference at once. The first of these decides the state:

    ordered           one of its handoffs has an order that is not cancelled
    refused           its last transfer was refused, after everything else that happened
    superseded        a transfer with another reference has taken over its quote
    session_written   the shopper has reached checkout
    expired           nobody reached checkout with the link, and it is not valid any more
    opened            the link was used, and the shop session could not be written yet
    issued            the link waits to be opened

Apart from orders, only the newest handoff of the reference counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handoff.ledger.models import Handoff, LinkState
from handoff.ledger.refused_transfer_repository import RefusedTransfer
from handoff.time_and_order_json import build_order_json, format_time

STATES = (
    "ordered",
    "refused",
    "superseded",
    "session_written",
    "expired",
    "opened",
    "issued",
)
TIMES = {
    "issued_at": "issued_at",
    "expires_at": "expires_at",
    "opened_at": "used_at",
    "session_written_at": "session_written_at",
    "superseded_at": "superseded_at",
}


def build_transfer_status(
    handoffs: Sequence[Handoff], refusal: RefusedTransfer | None, *, link_ttl: int
) -> dict[str, Any] | None:
    """Return the JSON for a reference, or None if nothing is known about it.

    `link_ttl`, in seconds, tells when a link was last given out.
    """
    latest = max(handoffs, key=lambda handoff: handoff.issued_at, default=None)
    if latest is None and refusal is None:
        return None
    orders = [order for handoff in handoffs for order in handoff.valid_orders]
    reference = refusal.reference if latest is None and refusal else latest and latest.reference
    return {
        "reference": reference,
        "state": _determine_state(latest, orders, refusal, link_ttl),
        **{name: format_time(getattr(latest, field, None)) for name, field in TIMES.items()},
        "orders": [build_order_json(order) for order in orders],
        "refusal": refusal and build_refusal_json(refusal),
    }


def _determine_state(
    latest: Handoff | None,
    orders: Sequence[dict[str, Any]],
    refusal: RefusedTransfer | None,
    link_ttl: int,
) -> str:
    if orders:
        return "ordered"
    if latest is None or (
        refusal and refusal.refused_at > _compute_last_event_time(latest, link_ttl)
    ):
        return "refused"
    if latest.superseded_at is not None:
        return "superseded"
    if latest.session_written_at is not None:
        return "session_written"
    if latest.state is LinkState.EXPIRED:
        return "expired"
    return "opened" if latest.is_link_used else "issued"


def _compute_last_event_time(handoff: Handoff, link_ttl: int) -> int:
    given_out = handoff.expires_at - link_ttl * 1000
    return max(handoff.issued_at, given_out, handoff.used_at or 0, handoff.session_written_at or 0)


def build_refusal_json(refusal: RefusedTransfer) -> dict[str, Any]:
    """Return the JSON for a refused transfer."""
    return {
        "code": refusal.code,
        "skus": refusal.skus,
        "refused_at": format_time(refusal.refused_at),
    }

"""Searches for a transfer and describes it: the one model of `handoff find` and the ops pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handoff.bag_and_order_table import list_bag_and_order_lines
from handoff.entry.result_pages import get_page_title
from handoff.handoff_timeline import build_timeline
from handoff.ledger.database import Database
from handoff.ledger.models import Handoff
from handoff.ledger.row_parser import UnreadableCallback
from handoff.ledger.search_repository import FoundTransfer, SearchRepository
from handoff.ledger.webhook_delivery_history import EventDelivery, find_event_deliveries
from handoff.settings import Settings
from handoff.support_code import build_support_code, normalize_support_code
from handoff.transfer.transfer_status import build_refusal_json, build_transfer_status
from handoff.web_view_link import find_handoff_id
from handoff.webhooks.receivers import list_receivers


def search_transfers(
    database: Database,
    settings: Settings,
    text: str,
    *,
    on_unreadable: UnreadableCallback,
) -> list[dict[str, Any]]:
    """Return the transfers that a text leads to, as JSON, the oldest first.

    Nothing in it is a credential or says who the customer is. A record that cannot be read is
    passed to `on_unreadable` and left out.
    """
    found = _find_transfers(SearchRepository(database, on_unreadable), text.strip())
    ids = [handoff.id for transfer in found for handoff in transfer.handoffs]
    deliveries = find_event_deliveries(database, ids, on_unreadable)
    receiver_names = {receiver.key: receiver.name for receiver in list_receivers(settings)}
    return [
        _build_transfer_json(transfer, settings.link_ttl, deliveries, receiver_names)
        for transfer in found
    ]


def list_advice_if_nothing_matches(text: str) -> list[str]:
    """Return sentences about what can be searched for, and why a text may lead to nothing.

    They repeat nothing of the text but a support code.
    """
    advice = [
        (
            "You can search for a reference, an order number, a quote number, a support code of "
            "eight characters, or a link."
        ),
        (
            "Handoff does not know who the customer is, so names, e-mail addresses and telephone "
            "numbers lead to nothing. Neither does a time or a sku."
        ),
        (
            "An order number is only known once the order was looked up: run handoff reconcile, "
            "then search again."
        ),
        "Refused transfers are kept for 30 days.",
    ]
    if code := normalize_support_code(text):
        advice.insert(
            0,
            f"If {code} is a support code, compare each character with the shopper's page. The "
            "page may also belong to no handoff: then only the log has its code, in the line of "
            "the request.",
        )
    return advice


def _find_transfers(repository: SearchRepository, text: str) -> list[FoundTransfer]:
    handoff_id = find_handoff_id(text)
    if handoff_id is None:
        return repository.find_by_text(text)
    # A whole link must not reach the database, which may log the values of a query.
    return repository.find_by_id(handoff_id)


def _build_transfer_json(
    found: FoundTransfer,
    link_ttl: int,
    deliveries: Mapping[str, Sequence[EventDelivery]],
    receiver_names: Mapping[str, str],
) -> dict[str, Any]:
    """Return a transfer as JSON. `link_ttl` is in seconds."""
    last_refusal = found.refusals[-1] if found.refusals else None
    status = build_transfer_status(found.handoffs, last_refusal, link_ttl=link_ttl) or {}
    orders = status.get("orders", [])
    return {
        **{name: status[name] for name in ("reference", "state", "refusal")},
        "refusals": [build_refusal_json(refusal) for refusal in found.refusals],
        "orders": [{name: order[name] for name in ("number", "state")} for order in orders],
        "handoffs": [
            {
                "handoff": handoff.id,
                "support_code": build_support_code({"handoff": handoff.id}),
                "timeline": build_timeline(handoff, deliveries.get(handoff.id, ()), receiver_names),
                "shown_page": _build_shown_page_json(handoff),
                "lines": list_bag_and_order_lines(handoff),
            }
            for handoff in found.handoffs
        ],
    }


def _build_shown_page_json(handoff: Handoff) -> dict[str, Any] | None:
    if handoff.shown_page is None:
        return None
    return {"page": handoff.shown_page, "title": get_page_title(handoff.shown_page)}

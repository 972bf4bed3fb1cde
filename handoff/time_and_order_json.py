"""Formats times and orders as JSON, for the answers of the API, the webhooks and the reports."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

AMOUNTS = {"total": "grand_total", "subtotal": "subtotal", "delivery": "delivery", "tax": "tax"}


def format_time(milliseconds: int | None, *, unit: str = "milliseconds") -> str | None:
    """Return milliseconds since 1970 as `2027-01-15T08:00:00.000Z`, and None as None.

    With `seconds` as the unit, the fraction is left out.
    """
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec=unit).replace("+00:00", "Z")


def build_order_json(order: dict[str, Any]) -> dict[str, Any]:
    """Return an order of the ledger as the API and webhooks show it.

    The totals of an order that an older version found are not known. The discount is positive, and
    so is the credit.
    """
    totals = order.get("totals")
    fields: dict[str, Any] = {"number": order["number"], "state": order["state"]}
    if totals is not None:
        fields |= {name: float(totals[field]) for name, field in AMOUNTS.items()}
        fields |= {
            "discount": abs(float(totals["discount"])),
            "credit": float(totals.get("credit", 0)),
            "currency": totals["currency"],
        }
    return fields

"""Times and amounts as Magento writes them, and the types that all modules share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

Clock = Callable[[], float]
"""Returns the time in seconds since 1970."""

JsonObject = dict[str, object]


def format_timestamp(seconds: float) -> str:
    """Return a time (Unix seconds) as Magento writes it, '2026-11-21 19:02:30', in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def format_amount(value: Decimal) -> str:
    """Return an amount as Magento's database keeps it: '22.0000'."""
    return f"{value:.4f}"


def convert_to_json_number(value: object) -> int | float:
    """Return a Decimal as PHP's json_encode writes it: 11.0 becomes 11, 1.5 stays 1.5.

    Raises TypeError for any other type, as `default` of json.dumps should.
    """
    if not isinstance(value, Decimal):
        raise TypeError(f"cannot put a {type(value).__name__} into an answer")
    return int(value) if value == value.to_integral_value() else float(value)

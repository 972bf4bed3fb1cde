from __future__ import annotations

from decimal import Decimal


def plain(value: object) -> int | float:
    """Give a Decimal as PHP's json_encode writes it: 11.0 becomes 11, 1.5 stays 1.5."""
    if not isinstance(value, Decimal):
        raise TypeError(f"cannot put a {type(value).__name__} into an answer")
    return int(value) if value == value.to_integral_value() else float(value)


def four_places(value: Decimal) -> str:
    """Give an amount as the database keeps it: '22.0000'."""
    return f"{value:.4f}"

"""Reads the object in the shop's checkout page that the page's own scripts read."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

CHECKOUT_CONFIG = "window.checkoutConfig"


def parse_checkout_config(html: str) -> dict[str, Any]:
    """Return the configuration in a checkout page. Raises ValueError if the page has none."""
    start = html.index("{", html.index(CHECKOUT_CONFIG))
    try:
        config = json.JSONDecoder(parse_float=Decimal).raw_decode(html, start)[0]
    except (ArithmeticError, RecursionError):
        raise ValueError(f"{CHECKOUT_CONFIG} is not JSON") from None
    if not isinstance(config, dict):
        raise ValueError(f"{CHECKOUT_CONFIG} is not an object")
    return config

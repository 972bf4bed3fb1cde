"""Reads the data that the shop's pages have for their own scripts."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

CHECKOUT_CONFIG = "window.checkoutConfig"
"""The object in the checkout page."""

CART_SECTION = "/customer/section/load/?sections=cart"
"""The address of the data about the session's cart."""


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


def parse_cart_section(body: bytes) -> dict[str, Any]:
    """Return the data about the cart of a session, or an empty dict.

    `summary_count` is 0 if the session has no quote, `possible_onepage_checkout` False if checkout
    is off or a line has an error, `isGuestCheckoutAllowed` False if guests may not buy.
    """
    try:
        section = json.loads(body)["cart"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return {}
    return section if isinstance(section, dict) else {}

"""A stand-in for a Magento 2 shop, for the demo and the tests."""

from __future__ import annotations

from handoff.sandbox.factory import create_shop
from handoff.sandbox.shop import Currency

__all__ = ["Currency", "create_shop"]

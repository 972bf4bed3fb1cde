"""A stand-in for a Magento 2 shop, for the demo and the tests."""

from __future__ import annotations

from handoff_sandbox.factory import create_shop
from handoff_sandbox.scopes import Currency, several_views

__all__ = ["Currency", "create_shop", "several_views"]

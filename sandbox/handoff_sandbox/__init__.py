"""A stand-in for a Magento 2 shop and a phone, for the demo and the tests."""

from __future__ import annotations

from handoff_sandbox.factory import create_shop
from handoff_sandbox.store_views import Currency, create_several_views

__all__ = ["Currency", "create_several_views", "create_shop"]

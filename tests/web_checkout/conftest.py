"""Fixtures: the address of the shop's pages, and a host of Poq's script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running_servers import RunningShop
from tests.web_checkout.poq_assets import PoqAssets, running_poq_assets


@pytest.fixture
def shop_url(shop: RunningShop) -> str:
    return shop.url


@pytest.fixture
def assets() -> Iterator[PoqAssets]:
    with running_poq_assets() as assets:
        yield assets

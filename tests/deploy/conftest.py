"""The service as it ships and a sandbox shop, behind nginx with https."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.poq import Poq
from tests.front import SHOP, Front, running_front
from tests.running import RunningService, RunningShop, running_service, running_shop
from tests.talking import environment_for


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deployed")


@pytest.fixture(scope="module")
def shop(folder: Path) -> Iterator[RunningShop]:
    with running_shop(folder / "sessions", public_url=f"https://{SHOP}") as shop:
        yield shop


@pytest.fixture(scope="module")
def service(shop: RunningShop, folder: Path) -> Iterator[RunningService]:
    environment = environment_for(
        shop,
        folder,
        HANDOFF_PUBLIC_URL=f"https://{SHOP}/handoff",
        HANDOFF_STOREFRONT_URL=f"https://{SHOP}",
        HANDOFF_KEY_IN_PATH="true",
        HANDOFF_TRUSTED_PROXIES="1",
    )
    with running_service(environment, folder) as service:
        yield service


@pytest.fixture(scope="module")
def front(service: RunningService, shop: RunningShop, folder: Path) -> Iterator[Front]:
    logs = folder / "nginx"
    logs.mkdir()
    with running_front(logs, shop=shop.url, service=service.url) as front:
        yield front


@pytest.fixture
def poq(service: RunningService, shop: RunningShop) -> Poq:
    return Poq(service.url, shop)

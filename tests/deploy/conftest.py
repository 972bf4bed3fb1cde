"""The service as it ships and a sandbox shop, behind nginx with https."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.poq_cloud import Poq
from tests.nginx_server import SHOP, NginxServer, running_nginx
from tests.running_servers import RunningService, RunningShop, running_service, running_shop
from tests.service_calls import create_environment


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deployed")


@pytest.fixture(scope="module")
def shop(folder: Path) -> Iterator[RunningShop]:
    with running_shop(folder / "sessions", public_url=f"https://{SHOP}") as shop:
        yield shop


@pytest.fixture(scope="module")
def service(shop: RunningShop, folder: Path) -> Iterator[RunningService]:
    environment = create_environment(
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
def nginx(service: RunningService, shop: RunningShop, folder: Path) -> Iterator[NginxServer]:
    logs = folder / "nginx"
    logs.mkdir()
    with running_nginx(logs, shop=shop.url, service=service.url) as nginx:
        yield nginx


@pytest.fixture
def poq(service: RunningService, shop: RunningShop) -> Poq:
    return Poq(service.url, shop)

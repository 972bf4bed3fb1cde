"""A stand-in shop, a faulty shop in front of it, and the service in this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from handoff.magento.client import MagentoClient
from handoff.magento.quotes import Quotes
from tests.magento.faulty_shop import FaultyShop, faulty_shop
from tests.magento.service_in_process import ServiceInProcess, run_service
from tests.magento.shop_behaviours import forwards_to
from tests.running_servers import RunningShop, running_shop

RunService = Callable[..., AbstractContextManager[ServiceInProcess]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    """A stand-in shop that the tests of a module share."""
    with running_shop(tmp_path_factory.mktemp("shop") / "sessions") as shop:
        yield shop


@pytest.fixture
def between(shop: RunningShop) -> Iterator[FaultyShop]:
    """A faulty shop that forwards to the stand-in shop and records every call."""
    with faulty_shop(forwards_to(shop.url)) as between:
        yield between


@pytest.fixture
def quotes(between: FaultyShop) -> Quotes:
    """The quotes of the stand-in shop, through `between`."""
    return Quotes(MagentoClient(between.url))


@pytest.fixture
def serve(tmp_path: Path) -> RunService:
    """Return a function that runs the service in this process for the URL of a shop."""

    def run(url: str, **changes: Any) -> AbstractContextManager[ServiceInProcess]:
        return run_service(url, tmp_path, **changes)

    return run


@pytest.fixture(scope="module", autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """Fail a module that leaves a thread running a minute after its tests."""
    before = set(threading.enumerate())
    yield
    until = time.monotonic() + 60
    while (left := set(threading.enumerate()) - before) and time.monotonic() < until:
        time.sleep(0.05)
    assert not left

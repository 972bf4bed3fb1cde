"""One stand-in shop for all tests of this folder, and the service before a shop that misbehaves."""

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
from tests.magento.behaviours import passes_on
from tests.magento.faults import FaultyShop, faulty_shop
from tests.magento.serving import Serving, serving
from tests.running import RunningShop, running_shop

Serve = Callable[..., AbstractContextManager[Serving]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    """A stand-in shop that the tests of a module share."""
    with running_shop(tmp_path_factory.mktemp("shop") / "sessions") as shop:
        yield shop


@pytest.fixture
def between(shop: RunningShop) -> Iterator[FaultyShop]:
    """What stands between the service and the stand-in shop, and notes every call."""
    with faulty_shop(passes_on(shop.url)) as between:
        yield between


@pytest.fixture
def quotes(between: FaultyShop) -> Quotes:
    """The quotes of the stand-in shop, reached by way of `between`."""
    return Quotes(MagentoClient(between.url))


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Run the service in this process for a shop's address."""

    def run(url: str, **changes: Any) -> AbstractContextManager[Serving]:
        return serving(url, tmp_path, **changes)

    return run


@pytest.fixture(scope="module", autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """Hold every module to it: what was begun for a transfer has ended a few seconds later."""
    before = set(threading.enumerate())
    yield
    until = time.monotonic() + 5
    while (left := set(threading.enumerate()) - before) and time.monotonic() < until:
        time.sleep(0.05)
    assert not left

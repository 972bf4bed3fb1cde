"""The service as it ships, with several workers, before a stand-in shop."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import KEY
from tests.magento.faults import faulty_shop
from tests.races.gate import Gate
from tests.races.ledgers import SECRET
from tests.running import RunningService, RunningShop, running_service, running_shop


def environment(shop_url: str, folder: Path, **changes: str) -> dict[str, str]:
    """Return settings for a service on the ledger `handoff.db` of a folder."""
    sessions = folder / "sessions"
    sessions.mkdir(exist_ok=True)
    return {
        "HANDOFF_MAGENTO_URL": shop_url,
        "HANDOFF_API_KEYS": KEY,
        "HANDOFF_SECRET_KEY": SECRET,
        "HANDOFF_SESSION_STORE": sessions.as_uri(),
        "HANDOFF_ASK_CHECKOUT": "false",
        "HANDOFF_DATABASE_URL": f"sqlite:///{folder / 'handoff.db'}",
        **changes,
    }


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the service of these tests keeps its ledger, sessions and log."""
    return tmp_path_factory.mktemp("service")


@pytest.fixture(scope="package")
def ledger(folder: Path) -> Path:
    """The file of the ledger."""
    return folder / "handoff.db"


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    with running_shop(tmp_path_factory.mktemp("shop") / "sessions") as shop:
        yield shop


@pytest.fixture(scope="package")
def service(shop: RunningShop, folder: Path) -> Iterator[RunningService]:
    """Four workers on one ledger."""
    with running_service(environment(shop.url, folder), folder, workers=4) as service:
        yield service


@pytest.fixture(scope="package")
def gate(shop: RunningShop) -> Iterator[Gate]:
    """What can hold a call to the shop, between the shop and the gated service."""
    gate = Gate(shop)
    yield gate
    gate.let_go()


@pytest.fixture(scope="package")
def gated_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger of the gated service, apart from the other: here every claim counts."""
    return tmp_path_factory.mktemp("gated") / "handoff.db"


@pytest.fixture(scope="package")
def gated(gate: Gate, gated_ledger: Path) -> Iterator[RunningService]:
    """Three workers that reach the shop through the gate, and that tests may kill or stall."""
    folder = gated_ledger.parent
    with (
        faulty_shop(gate) as between,
        running_service(environment(between.url, folder), folder, workers=3) as service,
    ):
        yield service


@pytest.fixture
def poq() -> Iterator[ThreadPoolExecutor]:
    """Return who asks while a test does something else."""
    with ThreadPoolExecutor(4) as poq:
        yield poq

"""The service as it ships, with several workers, before a stand-in shop."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import BOTH, KEY, create_ledger
from tests.magento.faulty_shop import faulty_shop
from tests.races.call_gate import CallGate
from tests.races.ledger_access import SECRET
from tests.running_servers import RunningService, RunningShop, running_service, running_shop


def build_environment(shop_url: str, ledger: str, folder: Path, **changes: str) -> dict[str, str]:
    """Return settings for a service on a ledger, with its sessions in a folder."""
    sessions = folder / "sessions"
    sessions.mkdir(exist_ok=True)
    return {
        "HANDOFF_MAGENTO_URL": shop_url,
        "HANDOFF_API_KEYS": KEY,
        "HANDOFF_SECRET_KEY": SECRET,
        "HANDOFF_SESSION_STORE": sessions.as_uri(),
        "HANDOFF_CHECKOUT_PREFLIGHT": "off",
        "HANDOFF_DATABASE_URL": ledger,
        "HANDOFF_TRANSFERS_PER_MINUTE": "0",
        **changes,
    }


@pytest.fixture(scope="package", params=BOTH)
def ledger(request: pytest.FixtureRequest, folder: Path) -> str:
    """The ledger of the service, in each of the databases."""
    return create_ledger(request, folder)


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the service of these tests keeps its sessions and log."""
    return tmp_path_factory.mktemp("service")


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    with running_shop(tmp_path_factory.mktemp("shop") / "sessions") as shop:
        yield shop


@pytest.fixture(scope="package")
def service(shop: RunningShop, ledger: str, folder: Path) -> Iterator[RunningService]:
    """Four workers on one ledger."""
    with running_service(build_environment(shop.url, ledger, folder), folder, workers=4) as service:
        yield service


@pytest.fixture(scope="package")
def gate(shop: RunningShop) -> Iterator[CallGate]:
    """A gate that can hold a call of the gated service to the shop."""
    gate = CallGate(shop)
    yield gate
    gate.release()


@pytest.fixture(scope="package")
def gated_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gated")


@pytest.fixture(scope="package", params=BOTH)
def gated_ledger(request: pytest.FixtureRequest, gated_folder: Path) -> str:
    """The ledger of the gated service; its leases are counted, so it has its own."""
    return create_ledger(request, gated_folder)


def _build_gated_environment(shop_url: str, ledger: str, folder: Path) -> dict[str, str]:
    """Return settings under which the lease of a killed worker ends after seven seconds."""
    return build_environment(shop_url, ledger, folder, HANDOFF_MAGENTO_TIMEOUT="5")


@pytest.fixture(scope="package")
def gated(gate: CallGate, gated_ledger: str, gated_folder: Path) -> Iterator[RunningService]:
    """Three workers that reach the shop through the gate, and that tests may kill or stall."""
    with (
        faulty_shop(gate) as between,
        running_service(
            _build_gated_environment(between.url, gated_ledger, gated_folder),
            gated_folder,
            workers=3,
        ) as service,
    ):
        yield service


@pytest.fixture
def poq() -> Iterator[ThreadPoolExecutor]:
    """A pool of threads that send requests while a test does something else."""
    with ThreadPoolExecutor(4) as poq:
        yield poq

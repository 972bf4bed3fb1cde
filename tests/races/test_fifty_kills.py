"""Fifty kills at random moments: no acknowledged write is lost, and everything restarts."""

from __future__ import annotations

import os
import random
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import BOTH
from tests.postgres import PostgresServer, running_postgres
from tests.races.conftest import build_environment
from tests.races.processes import kill_all
from tests.races.retrying_load import assert_nothing_was_lost, run_load
from tests.running_servers import RunningService, RunningShop, free_port, running_service
from tests.waiting import wait_until

pytestmark = pytest.mark.processes

KILLS = {
    "sqlite": {"worker": 43, "service": 7},
    "postgresql": {"worker": 26, "service": 6, "backend": 10, "database": 8},
}
WORKERS = 3
LONGEST = 0.25  # seconds before a kill, once the service goes on after the last


class KilledService:
    """A service and the database server of its ledger, which are killed again and again.

    A service that was killed as a whole is restarted, as systemd does.
    """

    def __init__(
        self, environment: dict[str, str], folder: Path, server: PostgresServer | None
    ) -> None:
        self._environment = environment
        self._folder = folder
        self._server = server
        self._port = free_port()
        self._started = ExitStack()
        self.service = self._start()

    def close(self) -> None:
        """End the service."""
        self._started.close()

    def kill(self, what: str, chosen: random.Random) -> None:
        """Kill a process, or all processes of the service or of the database server."""
        if what == "worker":
            _kill_one_of(self.service.worker_pids, chosen)
        elif what == "service":
            kill_all(self.service)
            self.service = self._start()
        else:
            server = self._server
            assert server is not None
            if what == "backend":
                # The others end with it.
                _kill_one_of(server.children, chosen)
            else:
                server.kill()
                server.start()

    def _start(self) -> RunningService:
        running = running_service(self._environment, self._folder, workers=WORKERS, port=self._port)
        return self._started.enter_context(running)


def _kill_one_of(list_pids: Callable[[], list[int]], chosen: random.Random) -> None:
    """Kill one of the processes. For a moment after the last kill there may be none."""

    def is_killed() -> bool:
        pids = list_pids()
        if not pids:
            return False
        try:
            os.kill(chosen.choice(pids), signal.SIGKILL)
        except ProcessLookupError:  # it has ended by itself
            return False
        return True

    wait_until(is_killed)


@pytest.fixture(params=BOTH)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(kind: str) -> Iterator[PostgresServer | None]:
    """The server of the ledger, where that has one."""
    if kind == "sqlite":
        yield None
        return
    with running_postgres() as server:
        yield server


@pytest.fixture
def ledger(server: PostgresServer | None, tmp_path: Path) -> str:
    return server.url() if server else f"sqlite:///{tmp_path / 'handoff.db'}"


@pytest.fixture
def killed_service(
    shop: RunningShop, ledger: str, server: PostgresServer | None, tmp_path: Path
) -> Iterator[KilledService]:
    # The lease of a killed worker ends two seconds after this timeout.
    environment = build_environment(shop.url, ledger, tmp_path, HANDOFF_MAGENTO_TIMEOUT="3")
    killed_service = KilledService(environment, tmp_path, server)
    yield killed_service
    killed_service.close()


@pytest.fixture
def seed() -> int:
    """Return the seed of the order and moments of the kills. Set KILLS_SEED to repeat a run."""
    seed = int(os.environ.get("KILLS_SEED") or secrets.randbits(32))
    print(f"KILLS_SEED={seed}")  # noqa: T201 - pytest shows it if the test fails
    return seed


def test_fifty_kills_under_load_lose_nothing_and_let_nobody_in_twice(
    kind: str, seed: int, killed_service: KilledService, ledger: str
) -> None:
    chosen = random.Random(seed)
    kills = [what for what, times in KILLS[kind].items() for _ in range(times)]
    assert len(kills) == 50
    chosen.shuffle(kills)
    with run_load(killed_service.service.url) as load:
        for what in kills:
            load.wait_for_links(1)
            time.sleep(chosen.uniform(0, LONGEST))
            killed_service.kill(what, chosen)
        load.wait_for_links()
    assert_nothing_was_lost(load, ledger)

"""The server of the ledger goes away and comes back while transfers and shoppers go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres import PostgresServer, running_postgres
from tests.races.at_once import bag, entry_request, one, transfer_request
from tests.races.conftest import environment
from tests.races.load import Load, assert_nothing_was_lost, under_load, wait_until
from tests.races.processes import kill_worker
from tests.running import HOST, RunningService, RunningShop, running_service


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def service(shop: RunningShop, server: PostgresServer, tmp_path: Path) -> Iterator[RunningService]:
    values = environment(shop.url, server.url(), tmp_path)
    with running_service(values, tmp_path, workers=2) as service:
        yield service


ENDINGS: dict[str, Callable[[PostgresServer], None]] = {
    "restarted": PostgresServer.stop,
    "killed": PostgresServer.kill,
}


@pytest.mark.parametrize("end", ENDINGS.values(), ids=list(ENDINGS))
def test_a_restart_is_a_few_refusals_and_no_wrong_answer(
    end: Callable[[PostgresServer], None], server: PostgresServer, service: RunningService
) -> None:
    with under_load(service.url) as load:
        for _ in range(3):
            load.goes_on()
            end(server)
            are_refused(load)
            server.start()
        load.goes_on()
    assert_nothing_was_lost(load, server.url())


def test_a_worker_that_starts_while_the_server_is_away_serves_when_it_is_back(
    server: PostgresServer, service: RunningService
) -> None:
    with under_load(service.url) as load:
        load.goes_on()
        server.stop()
        for pid in service.worker_pids():
            kill_worker(service, pid)
        wait_until(lambda: len(service.worker_pids()) == 2)
        are_refused(load)
        assert service.process.poll() is None
        server.start()
        load.goes_on()
    assert_nothing_was_lost(load, server.url())


def test_a_standby_that_takes_over_is_found_and_nothing_is_lost(
    server: PostgresServer, shop: RunningShop, tmp_path: Path
) -> None:
    with running_postgres(primary=server) as standby:
        login = server.url().rpartition("@")[0]
        hosts = "&".join(f"host={HOST}:{each.port}" for each in (server, standby))
        values = environment(shop.url, f"{login}@/postgres?{hosts}", tmp_path)
        with running_service(values, tmp_path, workers=2) as service:
            with under_load(service.url) as load:
                load.goes_on()
                server.kill()
                are_refused(load)
                standby.promote()
                load.goes_on()
            assert_nothing_was_lost(load, standby.url())


def are_refused(load: Load) -> None:
    """Require that Poq and shoppers are asked to come back."""
    transfer = one(load.url, transfer_request(bag("meanwhile", 1)))
    assert (transfer.status, transfer.json["code"]) == (503, "ledger_unavailable")
    assert one(load.url, entry_request("GET", load.given[0])).status == 503
    assert one(load.url, entry_request("POST", load.given[0])).status == 503

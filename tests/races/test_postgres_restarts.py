"""The database server of the ledger restarts or fails over under load."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres import PostgresServer, running_postgres
from tests.races.conftest import build_environment
from tests.races.processes import kill_worker
from tests.races.retrying_load import Load, assert_nothing_was_lost, run_load
from tests.races.simultaneous_requests import (
    build_bag,
    build_entry_request,
    build_transfer_request,
    send,
)
from tests.running_servers import HOST, RunningService, RunningShop, running_service
from tests.waiting import wait_until

pytestmark = pytest.mark.processes


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def service(shop: RunningShop, server: PostgresServer, tmp_path: Path) -> Iterator[RunningService]:
    values = build_environment(shop.url, server.url(), tmp_path)
    with running_service(values, tmp_path, workers=2) as service:
        yield service


WAYS_TO_END: dict[str, Callable[[PostgresServer], None]] = {
    "restarted": PostgresServer.stop,
    "killed": PostgresServer.kill,
}


@pytest.mark.parametrize("end", WAYS_TO_END.values(), ids=list(WAYS_TO_END))
def test_requests_are_refused_during_a_restart_and_none_is_answered_wrongly(
    end: Callable[[PostgresServer], None], server: PostgresServer, service: RunningService
) -> None:
    with run_load(service.url) as load:
        for _ in range(3):
            load.wait_for_links()
            end(server)
            assert_requests_are_refused(load)
            server.start()
        load.wait_for_links()
    assert_nothing_was_lost(load, server.url())


def test_a_worker_that_starts_while_the_server_is_down_works_when_it_is_back(
    server: PostgresServer, service: RunningService
) -> None:
    with run_load(service.url) as load:
        load.wait_for_links()
        server.stop()
        for pid in service.worker_pids():
            kill_worker(service, pid)
        wait_until(lambda: len(service.worker_pids()) == 2)
        assert_requests_are_refused(load)
        assert service.process.poll() is None
        server.start()
        load.wait_for_links()
    assert_nothing_was_lost(load, server.url())


def test_a_promoted_standby_is_found_and_nothing_is_lost(
    server: PostgresServer, shop: RunningShop, tmp_path: Path
) -> None:
    with running_postgres(primary=server) as standby:
        login = server.url().rpartition("@")[0]
        hosts = "&".join(f"host={HOST}:{each.port}" for each in (server, standby))
        values = build_environment(shop.url, f"{login}@/postgres?{hosts}", tmp_path)
        with running_service(values, tmp_path, workers=2) as service:
            with run_load(service.url) as load:
                load.wait_for_links()
                server.kill()
                assert_requests_are_refused(load)
                standby.promote()
                load.wait_for_links()
            assert_nothing_was_lost(load, standby.url())


def assert_requests_are_refused(load: Load) -> None:
    """Require that transfers and links are answered 503."""
    transfer = send(load.url, build_transfer_request(build_bag("meanwhile", 1)))
    assert (transfer.status, transfer.json["code"]) == (503, "ledger_unavailable")
    assert send(load.url, build_entry_request("GET", load.links[0])).status == 503
    assert send(load.url, build_entry_request("POST", load.links[0])).status == 503

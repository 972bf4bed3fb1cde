"""A PgBouncer between the service and its ledger, in session and transaction mode."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from tests.pgbouncer import running_pgbouncer
from tests.postgres import PostgresServer, running_postgres
from tests.races.conftest import build_environment
from tests.races.retrying_load import assert_nothing_was_lost, run_load
from tests.running_servers import RunningShop, running_service

pytestmark = pytest.mark.processes

MODES = {"session": 32, "transaction": 3}


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.mark.parametrize(("mode", "connections"), MODES.items())
def test_links_are_issued_and_used_through_pgbouncer(
    mode: str, connections: int, server: PostgresServer, shop: RunningShop, tmp_path: Path
) -> None:
    with (
        running_pgbouncer(server, mode=mode, connections=connections) as url,
        running_service(build_environment(shop.url, url, tmp_path), tmp_path, workers=2) as service,
    ):
        with run_load(service.url) as load:
            load.wait_for_links(40)
            if mode == "transaction":
                assert read_synchronous_commit(url, connections) == {"on"}
        assert_nothing_was_lost(load, server.url())
    assert "ledger_failed" not in service.log.read_text()


def read_synchronous_commit(url: str, connections: int) -> set[str]:
    """Return the values of synchronous_commit on all server connections of the pooler."""
    with ExitStack() as stack:
        found = set()
        for _ in range(connections):  # an open transaction keeps each one from the others
            line = stack.enter_context(psycopg.connect(url.replace("+psycopg", "")))
            [[value]] = line.execute("SHOW synchronous_commit")
            found.add(str(value))
        return found

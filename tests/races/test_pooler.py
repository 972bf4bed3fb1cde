"""A PgBouncer between the service and its ledger, in both of the modes that it is used in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from tests.pgbouncer import running_pgbouncer
from tests.postgres import PostgresServer, running_postgres
from tests.races.conftest import environment
from tests.races.load import assert_nothing_was_lost, under_load
from tests.running import RunningShop, running_service

MODES = {"session": 32, "transaction": 3}


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.mark.parametrize(("mode", "connections"), MODES.items())
def test_links_are_given_and_opened_by_way_of_a_pooler(
    mode: str, connections: int, server: PostgresServer, shop: RunningShop, tmp_path: Path
) -> None:
    with (
        running_pgbouncer(server, mode=mode, connections=connections) as url,
        running_service(environment(shop.url, url, tmp_path), tmp_path, workers=2) as service,
    ):
        with under_load(service.url) as load:
            load.goes_on(40)
            if mode == "transaction":
                assert durability(url, connections) == {"on"}
        assert_nothing_was_lost(load, server.url())
    assert "ledger_failed" not in service.log.read_text()


def durability(url: str, connections: int) -> set[str]:
    """Return what holds for commits on each of the connections that all share."""
    with ExitStack() as stack:
        found = set()
        for _ in range(connections):  # each is kept from the others, in a transaction
            line = stack.enter_context(psycopg.connect(url.replace("+psycopg", "")))
            [[value]] = line.execute("SHOW synchronous_commit")
            found.add(str(value))
        return found

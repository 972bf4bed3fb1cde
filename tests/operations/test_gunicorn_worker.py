"""Connections are shared among the workers, and garbage is collected in all processes."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import requests

from handoff.operations import gunicorn_config
from tests.running_servers import RunningService, RunningShop, running_service
from tests.service_calls import create_environment

CONNECTIONS = 40


def count_sockets(service: RunningService) -> list[int]:
    """Return how many sockets each worker has open."""
    return [len([*_list_sockets(Path(f"/proc/{pid}/fd"))]) for pid in service.worker_pids()]


def _list_sockets(folder: Path) -> Iterator[Path]:
    for file in folder.iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            if os.readlink(file).startswith("socket:"):
                yield file


@pytest.mark.processes
def test_every_worker_gets_a_share_of_the_connections(shop: RunningShop, tmp_path: Path) -> None:
    with (
        running_service(create_environment(shop, tmp_path), tmp_path) as service,
        ExitStack() as kept,
    ):
        before = count_sockets(service)

        def connect() -> list[int]:
            client = kept.enter_context(requests.Session())
            assert client.get(f"{service.url}/healthz", timeout=10).status_code == 200
            return [now - then for now, then in zip(count_sockets(service), before, strict=True)]

        until = time.monotonic() + 60
        while min(connect()) < 1:  # until both workers have started
            assert time.monotonic() < until
            time.sleep(0.1)
        for _ in range(CONNECTIONS):
            counts = connect()
    assert min(counts) >= CONNECTIONS // 8  # half of them on an idle machine


def test_garbage_is_collected_after_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gunicorn_config, "reload_settings", lambda: None)
    gunicorn_config.on_starting(None)
    assert gc.isenabled()
    gunicorn_config.post_worker_init(None)
    assert gc.isenabled()

"""Bare Flask, under gunicorn as the service ships it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load.wire import HOST
from benchmarks.servers.process import free_port, running
from handoff.cli.serve import build_gunicorn_command

ROOT = Path(__file__).parents[2]


@contextmanager
def bare_flask(folder: Path, *, shop: str) -> Iterator[int]:
    """Run the bare views before a shop, and give their port."""
    (folder / "sessions").mkdir(parents=True)
    port = free_port()
    environment = {
        "PYTHONPATH": str(ROOT),
        "BARE_SHOP_URL": shop,
        "BARE_DATABASE": str(folder / "rows.db"),
        "BARE_SESSIONS": str(folder / "sessions"),
    }
    command = [*build_gunicorn_command(f"{HOST}:{port}"), "benchmarks.bare.app:app"]
    with running(command, port, folder, environment=environment):
        yield port

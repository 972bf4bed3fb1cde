"""Run the bare Flask views under gunicorn, configured as for the service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.clients.raw_http import HOST
from benchmarks.servers.process import find_free_port, run_server
from handoff.cli.serve import build_gunicorn_command

ROOT = Path(__file__).parents[2]


@contextmanager
def run_bare_flask(folder: Path, *, shop: str) -> Iterator[int]:
    """Run the bare views, which call a shop, and give their port."""
    (folder / "sessions").mkdir(parents=True)
    port = find_free_port()
    environment = {
        "PYTHONPATH": str(ROOT),
        "BARE_SHOP_URL": shop,
        "BARE_DATABASE": str(folder / "rows.db"),
        "BARE_SESSIONS": str(folder / "sessions"),
    }
    command = [*build_gunicorn_command(f"{HOST}:{port}"), "benchmarks.bare_flask_app.app:app"]
    with run_server(command, port, folder, environment=environment):
        yield port

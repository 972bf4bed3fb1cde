"""Run the sandbox shop with calls that take as long as at a real Magento."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.clients.raw_http import HOST
from benchmarks.options import ShopUnderTest
from benchmarks.servers.bare_flask import ROOT
from benchmarks.servers.databases import make_session_folder
from benchmarks.servers.process import find_free_port, run_server

_SKUS = tuple(f"ITEM-{number:02d}" for number in range(1, 51))


@contextmanager
def run_slow_magento(folder: Path) -> Iterator[ShopUnderTest]:
    """Run the shop with its files in a folder."""
    port = find_free_port()
    url = f"http://{HOST}:{port}"
    sessions = make_session_folder(folder)
    environment = {
        "PYTHONPATH": f"{ROOT}:{ROOT / 'sandbox'}",
        "SLOW_MAGENTO_URL": url,
        "SLOW_MAGENTO_SESSIONS": urlsplit(sessions).path,
    }
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--threads", "16"]
    command += ["--keep-alive", "75", "--bind", f"{HOST}:{port}"]
    command += ["benchmarks.slow_magento_app.app:app"]
    with run_server(command, port, folder, environment=environment):
        yield ShopUnderTest(url, _SKUS, sessions)

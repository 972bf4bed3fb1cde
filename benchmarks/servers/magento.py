"""A shop to fill bags at: a Magento that is named, or a stand-in that costs what one does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.load.wire import HOST
from benchmarks.plan import Shop
from benchmarks.servers.flask import ROOT
from benchmarks.servers.process import free_port, running
from benchmarks.servers.stores import session_files

_SKUS = tuple(f"ITEM-{number:02d}" for number in range(1, 51))


@contextmanager
def stand_in(folder: Path) -> Iterator[Shop]:
    """Run the stand-in with its files in a folder."""
    port = free_port()
    url = f"http://{HOST}:{port}"
    sessions = session_files(folder)
    environment = {
        "PYTHONPATH": str(ROOT),
        "COSTLY_URL": url,
        "COSTLY_SESSIONS": urlsplit(sessions).path,
    }
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--threads", "16"]
    command += ["--keep-alive", "75", "--bind", f"{HOST}:{port}", "benchmarks.costly.app:app"]
    with running(command, port, folder, environment=environment):
        yield Shop(url, _SKUS, sessions)

"""The servers of a benchmark: the service and bare Flask as gunicorn runs them, and a stub shop."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from load import HOST

KEY = "a-key-of-the-benchmark"
_HERE = Path(__file__).resolve().parent
_START_TIMEOUT = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each of them listens."""

    shop: int
    bare: int
    service: int


@contextmanager
def all_running(folder: Path) -> Iterator[Ports]:
    """Run all three, with what they write in a folder."""
    ports = Ports(_free_port(), _free_port(), _free_port())
    shop = f"http://{HOST}:{ports.shop}"
    (folder / "sessions").mkdir()
    settings = {
        "HANDOFF_PUBLIC_URL": f"http://{HOST}:{ports.service}",
        "HANDOFF_MAGENTO_URL": shop,
        "HANDOFF_API_KEYS": KEY,
        "HANDOFF_SECRET_KEY": "a secret of the benchmark that is long enough",
        "HANDOFF_SESSION_STORE": (folder / "sessions").as_uri(),
        "HANDOFF_DATABASE_URL": f"sqlite:///{folder / 'handoff.db'}",
        "HANDOFF_TRANSFERS_PER_MINUTE": "0",
        # The bare view looks at the quote once; so does the service it stands beside.
        "HANDOFF_ASK_CHECKOUT": "false",
    }
    with ExitStack() as stack:
        log = stack.enter_context((folder / "servers.log").open("wb"))
        for command, environment, port in (
            ([sys.executable, str(_HERE / "stub_shop.py"), str(ports.shop)], {}, ports.shop),
            (_gunicorn("bare:app", ports.bare), {"BARE_SHOP_URL": shop}, ports.bare),
            (_gunicorn("handoff:create_app()", ports.service), settings, ports.service),
        ):
            process = subprocess.Popen(
                command,
                env={**os.environ, "PYTHONPATH": _python_path(), **environment},
                cwd=folder,
                stdout=log,
                stderr=log,
            )
            stack.callback(_end, process)
            _wait(port, process, folder / "servers.log")
        yield ports


def _gunicorn(app: str, port: int) -> list[str]:
    """Return gunicorn as it ships: workers, threads and all else come from its configuration."""
    config = ["--config", "python:handoff.operate.gunicorn"]
    return [sys.executable, "-m", "gunicorn", *config, "--bind", f"{HOST}:{port}", app]


def _python_path() -> str:
    """Let servers find the helpers here, and the service beside them before an installed one."""
    return os.pathsep.join((str(_HERE.parent), str(_HERE)))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"a server did not start:\n{log.read_text()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(timeout=40)

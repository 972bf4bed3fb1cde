"""Start a server, wait until it listens, and stop it."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.clients.raw_http import HOST

_START_TIMEOUT = 60.0  # seconds
_STOP_TIMEOUT = 40.0


@contextmanager
def run_server(
    command: Sequence[str],
    port: int,
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    **options: Any,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server that listens on a port, with its log in a folder, until the block ends.

    Further options go to Popen.
    """
    log = folder / "log"
    with log.open("ab") as stream:
        process = subprocess.Popen(
            command,
            env={**os.environ, **(environment or {})},
            cwd=folder,
            stdout=stream,
            stderr=stream,
            **options,
        )
    try:
        _wait_until_listening(port, process, log)
        yield process
    finally:
        process.terminate()
        process.wait(_STOP_TIMEOUT)


def find_free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def prepare_run_as_nobody(*paths: Path) -> dict[str, Any]:
    """Return the Popen options for a program that refuses to run as root, and give it the paths."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    for path in paths:
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _wait_until_listening(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text()}")

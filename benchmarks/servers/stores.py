"""Where a service keeps what it keeps: PostgreSQL and Redis, or a file and a folder."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load.wire import HOST
from benchmarks.servers.process import as_nobody, free_port, running
from benchmarks.servers.programs import program


def sqlite_ledger(folder: Path) -> str:
    """Return the address of a ledger in a file."""
    return f"sqlite:///{folder / 'handoff.db'}"


def session_files(folder: Path) -> str:
    """Make a folder for sessions and return its address."""
    path = folder / "sessions"
    path.mkdir(parents=True)
    return path.as_uri()


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL with the settings it comes with, durable, and give a database's address."""
    folder.mkdir()
    port = free_port()
    user = as_nobody(folder)
    command = [program("initdb"), "--pgdata", str(folder / "data"), "--username", "handoff"]
    command += ["--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"]
    subprocess.run(command, check=True, capture_output=True, cwd=folder, **user)
    command = [program("postgres"), "-D", str(folder / "data"), "-p", str(port)]
    command += ["-c", f"listen_addresses={HOST}", "-c", "unix_socket_directories="]
    with running(command, port, folder, **user):
        yield f"postgresql+psycopg://handoff@{HOST}:{port}/postgres"


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Run a Redis that keeps nothing on disk, and give a database's address."""
    folder.mkdir()
    port = free_port()
    command = [program("redis-server"), "--bind", HOST, "--port", str(port), "--save", ""]
    with running(command, port, folder):
        yield f"redis://{HOST}:{port}/2"

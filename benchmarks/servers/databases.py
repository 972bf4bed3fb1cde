"""The stores of a service: a SQLite file and a session folder, or PostgreSQL and Redis."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.clients.raw_http import HOST
from benchmarks.servers.process import find_free_port, prepare_run_as_nobody, run_server
from benchmarks.servers.required_programs import find_program


def build_sqlite_url(folder: Path) -> str:
    """Return the URL of a ledger in a file of this folder."""
    return f"sqlite:///{folder / 'handoff.db'}"


def make_session_folder(folder: Path) -> str:
    """Create a folder for sessions and return its URL."""
    path = folder / "sessions"
    path.mkdir(parents=True)
    return path.as_uri()


@contextmanager
def run_postgres(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL with its default settings, durable, and give the URL of a database."""
    folder.mkdir()
    port = find_free_port()
    user = prepare_run_as_nobody(folder)
    command = [find_program("initdb"), "--pgdata", str(folder / "data"), "--username", "handoff"]
    command += ["--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"]
    subprocess.run(command, check=True, capture_output=True, cwd=folder, **user)
    command = [find_program("postgres"), "-D", str(folder / "data"), "-p", str(port)]
    command += ["-c", f"listen_addresses={HOST}", "-c", "unix_socket_directories="]
    with run_server(command, port, folder, **user):
        yield f"postgresql+psycopg://handoff@{HOST}:{port}/postgres"


@contextmanager
def run_redis(folder: Path) -> Iterator[str]:
    """Run a Redis without persistence and give the URL of a database."""
    folder.mkdir()
    port = find_free_port()
    command = [find_program("redis-server"), "--bind", HOST, "--port", str(port), "--save", ""]
    with run_server(command, port, folder):
        yield f"redis://{HOST}:{port}/2"

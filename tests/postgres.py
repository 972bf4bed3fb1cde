"""A PostgreSQL server for tests that can be stopped, killed, frozen and restarted."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from tests.child_processes import freeze, list_children, stop_and_list_children, wait_until_ended
from tests.running_servers import HOST, free_port, require_program

PASSWORD = "the/password@of the tests"
_QUOTED = "the%2Fpassword%40of%20the%20tests"
_START = 60.0  # seconds


def _parse_version(path: Path) -> int:
    return int(re.sub(r"\D", "", path.parent.name) or 0)


def _find_program(name: str) -> str:
    """Return the path of a program of the newest PostgreSQL, also in Debian's folder."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_parse_version, reverse=True)
    return require_program(name, *found)


def choose_server_user() -> dict[str, Any]:
    """Return the arguments of Popen for a program that refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@dataclass(slots=True, eq=False)
class PostgresServer:
    """A server with one user, `handoff`; each test creates its own databases."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, name: str = "postgres") -> str:
        """Return the address of a database, as the setting takes it."""
        return f"postgresql+psycopg://handoff:{_QUOTED}@{HOST}:{self.port}/{name}"

    def new_database(self, *, encoding: str = "UTF8", template: str = "template1") -> str:
        """Create a database, empty unless a template is named, and return its address."""
        name = f"ledger_{next(self._numbers)}"
        origin = f"TEMPLATE {template}" if encoding == "UTF8" else "TEMPLATE template0 LOCALE 'C'"
        with self.connected() as connection:
            connection.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' {origin}".encode())
        return self.url(name)

    @contextmanager
    def connected(self, name: str = "postgres") -> Iterator[psycopg.Connection[Any]]:
        """Open a connection for the block."""
        with psycopg.connect(
            host=HOST,
            port=self.port,
            user="handoff",
            password=PASSWORD,
            dbname=name,
            autocommit=True,
        ) as connection:
            yield connection

    def initialize(self) -> None:
        """Create the files of the server."""
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        owner = choose_server_user()
        if owner:
            for path in (self.folder, secret):
                os.chown(path, owner["user"], owner["group"])
        command = [_find_program("initdb"), "--pgdata", str(self.folder / "data"), "--no-sync"]
        command += ["--username", "handoff", "--pwfile", str(secret), "--auth", "scram-sha-256"]
        command += ["--encoding", "UTF8", "--locale", "C.UTF-8"]
        # Its user may not be allowed to enter the working directory of the tests.
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **owner)

    def follow(self, primary: PostgresServer) -> None:
        """Create the files of a standby, for which the primary waits at each durable commit."""
        if owner := choose_server_user():
            os.chown(self.folder, owner["user"], owner["group"])
        command = [
            _find_program("pg_basebackup"),
            "--pgdata",
            str(self.folder / "data"),
            "--no-sync",
        ]
        command += ["--host", HOST, "--port", str(primary.port), "--username", "handoff"]
        command += ["--write-recovery-conf", "--checkpoint", "fast"]
        environment = {**os.environ, "PGPASSWORD": PASSWORD}
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            cwd=self.folder,
            env=environment,
            **choose_server_user(),
        )
        with primary.connected() as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")

    def promote(self) -> None:
        """Promote a standby to primary."""
        with self.connected() as connection:
            connection.execute("SELECT pg_promote()")

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        command = [_find_program("postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        values = {
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            "max_connections": "150",
            "shared_buffers": "32MB",
            "fsync": "off",  # no test cuts the power supply
        }
        for name, value in values.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, **choose_server_user()
            )
        until = time.monotonic() + _START
        while True:
            try:
                with self.connected():
                    return
            except psycopg.OperationalError:
                assert time.monotonic() < until, (self.folder / "log").read_text()
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server as a restart does: open transactions are aborted."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Kill the server and all its children with SIGKILL, and wait until they are gone."""
        assert self.process is not None
        pids = stop_and_list_children(self.process)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        self._end(signal.SIGKILL)
        # A server does not start while a child of the last one has its memory.
        wait_until_ended(pids)

    def frozen(self) -> AbstractContextManager[None]:
        """Freeze the server for a block, with all its connections open."""
        assert self.process is not None
        return freeze(self.process.pid, *self.children())

    def children(self) -> list[int]:
        """Return the pids of the processes that the server has started."""
        assert self.process is not None
        return list_children(self.process)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=30)
            self.process = None


@contextmanager
def running_postgres(*, primary: PostgresServer | None = None) -> Iterator[PostgresServer]:
    """Run a PostgreSQL server, or a standby of `primary`, and delete its files afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="handoff-postgres-"))
    server = PostgresServer(free_port(), folder)
    try:
        if primary is None:
            server.initialize()
        else:
            server.follow(primary)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)

"""A PgBouncer in front of a PostgreSQL server of the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgres import PASSWORD, PostgresServer, choose_server_user
from tests.running_servers import HOST, free_port, require_program, wait_for_port

_SETTINGS = """
[databases]
* = host={host} port={server_port}
[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users
pool_mode = {mode}
default_pool_size = {connections}
"""


@contextmanager
def running_pgbouncer(server: PostgresServer, *, mode: str, connections: int) -> Iterator[str]:
    """Run a PgBouncer with a pool mode and a number of server connections; yield its address."""
    folder, port = Path(tempfile.mkdtemp(prefix="handoff-pgbouncer-")), free_port()
    users, settings = folder / "users", folder / "settings"
    users.write_text(f'"handoff" "{PASSWORD}"\n')
    settings.write_text(
        _SETTINGS.format(
            host=HOST,
            server_port=server.port,
            port=port,
            folder=folder,
            mode=mode,
            connections=connections,
        )
    )
    user = choose_server_user()
    if user:
        for path in (folder, users, settings):
            os.chown(path, user["user"], user["group"])
    command = [require_program("pgbouncer", Path("/usr/sbin")), "--quiet", str(settings)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **user)
    try:
        wait_for_port(port)
        yield server.url().replace(f":{server.port}/", f":{port}/")
    finally:
        process.terminate()
        process.wait(timeout=20)
        shutil.rmtree(folder)

"""A MariaDB server for tests that can be stopped and restarted, with Magento's session table."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import new as new_hmac
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from handoff_sandbox.php_sessions import (
    PhpSession,
    PhpSessionFiles,
    decode_session,
    encode_session,
    generate_session_id,
)
from sqlalchemy import URL, Engine, NullPool, create_engine, text

from tests.certificates import Authority
from tests.child_processes import freeze
from tests.postgres import choose_server_user
from tests.running_servers import HOST, free_port, require_program, wait_for_port

CRYPT_KEY = "0123456789abcdef0123456789abcdef"
PASSWORD = "the/password@of the tests"
_QUOTED = "the%2Fpassword%40of%20the%20tests"
_KEY_SCRIPT = Path(__file__).parents[1] / "docs" / "deploy" / "derive-session-store-key.php"
_START = 60.0  # seconds
_CREATE_TABLE = """
    CREATE TABLE {table} (
      session_id varchar(255) NOT NULL PRIMARY KEY,
      session_expires int unsigned NOT NULL DEFAULT 0,
      session_data mediumblob NOT NULL
    )
"""


@dataclass(slots=True)
class MariadbServer:
    """A server that also speaks TLS; each test creates a database of its own."""

    port: int
    folder: Path
    authority: Authority
    process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def socket(self) -> Path:
        """The server's socket, by which root needs no password."""
        return self.folder / "server.sock"

    def open_engine(self, name: str = "") -> Engine:
        """Return an engine of the administrator."""
        url = URL.create(
            "mysql+pymysql", "root", database=name, query={"unix_socket": str(self.socket)}
        )
        return create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")

    def new_shop(self, *, prefix: str = "", rights: str = "INSERT, SELECT") -> ShopDatabase:
        """Create a database with a session table and a user who has some rights on the table."""
        number = next(self._numbers)
        name, user, table = f"shop_{number}", f"handoff_{number}", f"{prefix}session"
        with self.open_engine().connect() as connection:
            for sql in (
                f"CREATE DATABASE {name}",
                _CREATE_TABLE.format(table=f"{name}.{table}"),
                f"CREATE TABLE {name}.{prefix}core_config_data (path varchar(255))",
                f"CREATE USER {user}@'{HOST}' IDENTIFIED BY '{PASSWORD}'",
                f"GRANT {rights} ON {name}.{table} TO {user}@'{HOST}'",
            ):
                connection.execute(text(sql))
        return ShopDatabase(self, name, user, prefix)

    def initialize(self) -> None:
        """Create the files of the server."""
        owner = choose_server_user()
        certificate = self.authority.issue(HOST)
        if owner:
            for path in (self.folder, certificate.file, certificate.key):
                os.chown(path, owner["user"], owner["group"])
        command = [require_program("mariadb-install-db"), "--no-defaults", "--skip-test-db"]
        command += [f"--datadir={self.folder / 'data'}", "--auth-root-authentication-method=normal"]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **owner)

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        command = [require_program("mariadbd", Path("/usr/sbin")), "--no-defaults"]
        values = {
            "datadir": self.folder / "data",
            "socket": self.socket,
            "port": self.port,
            "bind-address": HOST,
            "pid-file": self.folder / "pid",
            "innodb-buffer-pool-size": "8M",
            "innodb-flush-log-at-trx-commit": 0,  # no test cuts the power supply
            "ssl-cert": self.folder / f"{HOST}.pem",
            "ssl-key": self.folder / f"{HOST}.key",
        }
        command += [f"--{name}={value}" for name, value in values.items()]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, **choose_server_user()
            )
        try:
            wait_for_port(self.port, seconds=_START)
        except OSError:
            raise AssertionError((self.folder / "log").read_text()) from None

    def stop(self) -> None:
        """Stop the server as a restart does."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.process = None

    def frozen(self) -> AbstractContextManager[None]:
        """Freeze the server for a block, with all its connections open."""
        assert self.process is not None
        return freeze(self.process.pid)


@dataclass(frozen=True, slots=True)
class ShopDatabase:
    """The database of a shop, and the user that its owner has made for the service."""

    server: MariadbServer
    name: str
    user: str
    prefix: str = ""

    @property
    def url(self) -> str:
        """The URL of the session store."""
        return self.build_url()

    def build_url(
        self, *, scheme: str = "mysql", password: str = _QUOTED, name: str = "", prefix: str = ""
    ) -> str:
        """Return the URL of the session store, with other parts than those of this database."""
        prefix = prefix or self.prefix
        query = f"?prefix={prefix}" if prefix else ""
        server = f"{self.user}:{password}@{HOST}:{self.server.port}"
        return f"{scheme}://{server}/{name or self.name}{query}"

    def execute(self, sql: str, **values: Any) -> list[Any]:
        """Execute a statement as administrator and return its rows, if it has any."""
        with self.server.open_engine(self.name).connect() as connection:
            result = connection.execute(text(sql), values)
            return list(result) if result.returns_rows else []

    def read(self, session_id: str, crypt_key: str = CRYPT_KEY) -> bytes | None:
        """Return the data of a session as Magento finds it."""
        rows = self.execute(
            f"SELECT session_data FROM {self.prefix}session WHERE session_id = :name",
            name=name_row(session_id, crypt_key),
        )
        return base64.b64decode(rows[0][0], validate=True) if rows else None


def name_row(session_id: str, crypt_key: str = CRYPT_KEY) -> str:
    """Return the name of a session's row as Magento computes it."""
    return new_hmac(crypt_key.encode(), session_id.encode(), sha256).hexdigest()


def derive_session_store_key(folder: Path, crypt_key: str = CRYPT_KEY) -> Path:
    """Run the script for the shop's host, and return the file with its result."""
    environment, key_file = folder / "env.php", folder / "session-store.key"
    environment.write_text(f"<?php return ['crypt' => ['key' => '{crypt_key}']];")
    command = [require_program("php"), str(_KEY_SCRIPT), str(environment)]
    key_file.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    key_file.chmod(0o400)
    return key_file


@dataclass(frozen=True, slots=True, kw_only=True)
class PhpSessionRows(PhpSessionFiles):
    """Sessions of a stand-in shop that keeps them in its database, as Magento's handler does."""

    database: ShopDatabase

    def start(self, cookie: str | None, *, lifetime: int = 0) -> PhpSession:
        """Return the session that a cookie names, an empty one if it is unknown."""
        if cookie is None:
            return PhpSession(generate_session_id())
        session_id = unquote(cookie)
        return PhpSession(session_id, decode_session(self.database.read(session_id) or b""))

    def delete(self, session: PhpSession) -> None:
        """Delete the session's row, if there is one."""
        self.database.execute(
            f"DELETE FROM {self.database.prefix}session WHERE session_id = :name",
            name=name_row(session.id),
        )

    def save(self, session: PhpSession) -> None:
        """Insert or update the session's row."""
        self.database.execute(
            f"REPLACE {self.database.prefix}session VALUES (:name, UNIX_TIMESTAMP(), :data)",
            name=name_row(session.id),
            data=base64.b64encode(encode_session(session.raw)),
        )


@contextmanager
def running_mariadb() -> Iterator[MariadbServer]:
    """Run a MariaDB server, and delete its files afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="handoff-mariadb-"))
    server = MariadbServer(free_port(), folder, Authority(folder))
    try:
        server.initialize()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)

"""Every secret can be changed by a file and SIGHUP while the service runs, without an error."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
import requests

from handoff.web_view_link import LinkTokens
from tests.postgres import PostgresServer
from tests.running_servers import RedisServer, RunningService, RunningShop, running_service
from tests.service_calls import build_web_view_cookie, create_environment, post_transfer

pytestmark = pytest.mark.processes

OLD, NEW = "the-old-one-that-is-long-enough", "the-new-one-that-is-long-enough"
SESSIONS = ["on", "resetkeys", "~sess_*", "-@all", "+hset", "+expire", "+select"]


@dataclass(frozen=True, slots=True)
class SecretFiles:
    """Files with one setting each, for variables that end in `_FILE`."""

    folder: Path
    names: set[str] = field(default_factory=set)

    def write(self, **values: str) -> None:
        """Write settings by their field names, such as `secret_key`."""
        for name, value in values.items():
            (self.folder / name).write_text(f"{value}\n")
            self.names.add(name)

    def environment(self) -> dict[str, str]:
        return {f"HANDOFF_{name.upper()}_FILE": str(self.folder / name) for name in self.names}


class RotatedServers:
    """A Redis and a PostgreSQL with an old and a new password for the service."""

    def __init__(self, redis_server: RedisServer, postgres: PostgresServer) -> None:
        if redis_server.process is None:
            redis_server.start()
        self._redis, self._postgres = redis_server, postgres
        self._host = f"127.0.0.1:{postgres.port}"
        self._name = urlsplit(postgres.new_database()).path[1:]
        self._roles = {OLD: f"{self._name}_old", NEW: f"{self._name}_new"}
        self._run_sql(
            f"CREATE ROLE {self._roles[OLD]} LOGIN PASSWORD '{OLD}'",
            f"ALTER DATABASE {self._name} OWNER TO {self._roles[OLD]}",
        )
        self.run_as_admin("ACL", "SETUSER", "rotated", *SESSIONS, f">{OLD}")

    def run_as_admin(self, *command: str) -> None:
        with redis.Redis.from_url(self._redis.url) as connection:
            connection.execute_command(*command)

    def build_urls(self, password: str) -> dict[str, str]:
        """Return the URLs of Redis and PostgreSQL with this password."""
        return {
            "session_store": f"redis://rotated:{password}@127.0.0.1:{self._redis.port}/2",
            "database_url": (
                f"postgresql+psycopg://{self._roles[password]}:{password}@{self._host}/{self._name}"
            ),
        }

    def accept_both_passwords(self) -> None:
        """Accept the new password besides the old one; in PostgreSQL, each has its own role."""
        self.run_as_admin("ACL", "SETUSER", "rotated", f">{NEW}")
        self._run_sql(
            f"CREATE ROLE {self._roles[NEW]} LOGIN PASSWORD '{NEW}' IN ROLE {self._roles[OLD]}"
        )

    def accept_new_password_only(self) -> None:
        """Refuse the old password, and end the connections that used it."""
        self.run_as_admin("ACL", "SETUSER", "rotated", f"<{OLD}")
        self.run_as_admin("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        self._run_sql(
            f"ALTER ROLE {self._roles[OLD]} NOLOGIN PASSWORD NULL",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
            "current_database() AND pid <> pg_backend_pid()",
        )

    def _run_sql(self, *statements: str) -> None:
        with self._postgres.connected(self._name) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@contextmanager
def transfer_repeatedly(service: RunningService, body: Any, answers: list[int]) -> Iterator[None]:
    """Transfer and use links, one after the other, and collect every status."""
    done = threading.Event()

    def run() -> None:
        while not done.is_set():
            answer = post_transfer(service.url, body, key=OLD)
            answers.append(answer.status_code)
            if answer.ok:
                answers.append(use_link(answer.json()["url"]))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def use_link(link: str) -> int:
    cookie = build_web_view_cookie(link)
    return requests.post(link, cookies=cookie, timeout=30, allow_redirects=False).status_code


def test_all_secrets_are_changed_while_shoppers_transfer_and_use_links(
    shop: RunningShop, redis_server: RedisServer, postgres: PostgresServer, tmp_path: Path
) -> None:
    servers, secrets = RotatedServers(redis_server, postgres), SecretFiles(tmp_path)
    secrets.write(api_keys=OLD, secret_key=OLD, previous_secret_keys="", **servers.build_urls(OLD))
    environment = create_environment(shop, tmp_path, HANDOFF_CHECKOUT_PREFLIGHT="off")
    for name in secrets.names:
        environment.pop(f"HANDOFF_{name.upper()}", None)
    body = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
    kept = {"quote_id": shop.create_guest_quote(("ITEM-02", 1))}
    answers: list[int] = []
    with running_service({**environment, **secrets.environment()}, tmp_path) as service:
        link = post_transfer(service.url, kept, key=OLD).json()["url"]
        with transfer_repeatedly(service, body, answers):
            # All hosts must know the new secret before one of them uses it.
            servers.accept_both_passwords()
            secrets.write(api_keys=f"{OLD},{NEW}", previous_secret_keys=NEW)
            service.reload()
            secrets.write(secret_key=NEW, previous_secret_keys=OLD)
            secrets.write(**servers.build_urls(NEW))
            service.reload()
        servers.accept_new_password_only()
        secrets.write(api_keys=NEW)
        service.reload()
        assert set(answers) == {200, 303}
        assert post_transfer(service.url, body, key=OLD).status_code == 401
        renewed = post_transfer(service.url, body, key=NEW).json()["url"]
        assert LinkTokens(NEW).read_handoff_id(renewed.rpartition("/")[2]) is not None
        assert [use_link(renewed), use_link(link)] == [303, 303]
        log_text = service.log.read_text()
        assert "unavailable" not in log_text
        assert OLD not in log_text
        assert NEW not in log_text

"""Every secret is changed under a running service, with a file and SIGHUP, and nobody notices."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
import requests

from handoff.link_tokens import LinkTokens
from tests.postgres import PostgresServer
from tests.running import RedisServer, RunningService, RunningShop, running_service
from tests.talking import environment_for, post_transfer

OLD, NEW = "the-old-one-that-is-long-enough", "the-new-one-that-is-long-enough"
SESSIONS = ["on", "resetkeys", "~sess_*", "-@all", "+hset", "+expire", "+select"]


@dataclass(frozen=True, slots=True)
class Secrets:
    """Settings in files of their own, as a service is told to read them."""

    folder: Path
    names: set[str] = field(default_factory=set)

    def write(self, **values: str) -> None:
        """Write values of settings, `secret_key` for `HANDOFF_SECRET_KEY`."""
        for name, value in values.items():
            (self.folder / name).write_text(f"{value}\n")
            self.names.add(name)

    def environment(self) -> dict[str, str]:
        return {f"HANDOFF_{name.upper()}_FILE": str(self.folder / name) for name in self.names}


class Servers:
    """A Redis and a PostgreSQL with users of the service."""

    def __init__(self, redis_server: RedisServer, postgres: PostgresServer) -> None:
        if redis_server.process is None:
            redis_server.start()
        self._redis, self._postgres = redis_server, postgres
        self._host = f"127.0.0.1:{postgres.port}"
        self._name = urlsplit(postgres.new_database()).path[1:]
        self._roles = {OLD: f"{self._name}_old", NEW: f"{self._name}_new"}
        self._in_database(
            f"CREATE ROLE {self._roles[OLD]} LOGIN PASSWORD '{OLD}'",
            f"ALTER DATABASE {self._name} OWNER TO {self._roles[OLD]}",
        )
        self.admin("ACL", "SETUSER", "rotated", *SESSIONS, f">{OLD}")

    def admin(self, *words: str) -> None:
        with redis.Redis.from_url(self._redis.url) as connection:
            connection.execute_command(*words)

    def addresses(self, password: str) -> dict[str, str]:
        """Return the settings of a service that shows this password everywhere."""
        return {
            "session_store": f"redis://rotated:{password}@127.0.0.1:{self._redis.port}/2",
            "database_url": (
                f"postgresql+psycopg://{self._roles[password]}:{password}@{self._host}/{self._name}"
            ),
        }

    def take_both(self) -> None:
        """Take the new password beside the old one; of PostgreSQL's roles each has its own."""
        self.admin("ACL", "SETUSER", "rotated", f">{NEW}")
        self._in_database(
            f"CREATE ROLE {self._roles[NEW]} LOGIN PASSWORD '{NEW}' IN ROLE {self._roles[OLD]}"
        )

    def take_the_new_alone(self) -> None:
        """Forget the old password, and cut whoever has come in with it."""
        self.admin("ACL", "SETUSER", "rotated", f"<{OLD}")
        self.admin("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        self._in_database(
            f"ALTER ROLE {self._roles[OLD]} NOLOGIN PASSWORD NULL",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
            "current_database() AND pid <> pg_backend_pid()",
        )

    def _in_database(self, *statements: str) -> None:
        with self._postgres.connected(self._name) as connection:
            for statement in statements:
                connection.execute(statement.encode())


def reload(service: RunningService) -> None:
    """Have the settings read anew, and wait until no worker knows the former ones."""
    former = set(service.worker_pids())
    os.kill(service.process.pid, signal.SIGHUP)
    give_up = time.monotonic() + 30
    while former & set(service.worker_pids()) or not service.worker_pids():
        assert time.monotonic() < give_up
        time.sleep(0.02)


@contextmanager
def shoppers(service: RunningService, body: Any, answers: list[int]) -> Iterator[None]:
    """Transfer and enter, one after the other, and write down every status."""
    done = threading.Event()

    def shop() -> None:
        while not done.is_set():
            answer = post_transfer(service.url, body, key=OLD)
            answers.append(answer.status_code)
            if answer.ok:
                answers.append(enter(answer.json()["url"]))

    thread = threading.Thread(target=shop)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def enter(link: str) -> int:
    return requests.post(link, timeout=30, allow_redirects=False).status_code


def test_every_secret_is_changed_while_shoppers_come_and_go(
    shop: RunningShop, redis_server: RedisServer, postgres: PostgresServer, tmp_path: Path
) -> None:
    servers, secrets = Servers(redis_server, postgres), Secrets(tmp_path)
    secrets.write(api_keys=OLD, secret_key=OLD, previous_secret_keys="", **servers.addresses(OLD))
    environment = environment_for(shop, tmp_path, HANDOFF_ASK_CHECKOUT="false")
    for name in secrets.names:
        environment.pop(f"HANDOFF_{name.upper()}", None)
    body = {"quote_id": shop.guest_quote(("ITEM-01", 1))}
    kept = {"quote_id": shop.guest_quote(("ITEM-02", 1))}
    answers: list[int] = []
    with running_service({**environment, **secrets.environment()}, tmp_path) as service:
        link = post_transfer(service.url, kept, key=OLD).json()["url"]
        with shoppers(service, body, answers):
            # Both are known everywhere before either is used: so several hosts would do it.
            servers.take_both()
            secrets.write(api_keys=f"{OLD},{NEW}", previous_secret_keys=NEW)
            reload(service)
            secrets.write(secret_key=NEW, previous_secret_keys=OLD)
            secrets.write(**servers.addresses(NEW))
            reload(service)
        servers.take_the_new_alone()
        secrets.write(api_keys=NEW)
        reload(service)
        assert set(answers) == {200, 303}
        assert post_transfer(service.url, body, key=OLD).status_code == 401
        renewed = post_transfer(service.url, body, key=NEW).json()["url"]
        assert LinkTokens(NEW).read(renewed.rpartition("/")[2]) is not None
        assert [enter(renewed), enter(link)] == [303, 303]
        told = service.log.read_text()
        assert "unavailable" not in told
        assert OLD not in told
        assert NEW not in told

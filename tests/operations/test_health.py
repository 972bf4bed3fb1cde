"""`/healthz` and `/readyz`, for the platform that runs the service."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from handoff import __version__
from handoff.ledger.models import Handoff
from handoff.operations.health import ReadinessCheck
from handoff.shop_session.store import SessionStoreError
from tests.answering_server import serve
from tests.conftest import MakeApp
from tests.postgres import PostgresServer
from tests.running_servers import HOST, RedisServer, RunningShop

READY = {"status": "ok", "ledger": "ok", "session_store": "ok"}
UNREACHABLE_URL = "http://127.0.0.1:9"
RIGHTS = ["on", ">a-password", "resetkeys", "~sess_*", "-@all", "+hset", "+expire", "+select"]


def test_a_service_with_its_ledger_and_session_store_is_ready(
    client: FlaskClient, shop: RunningShop
) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (200, READY)
    assert answer.headers["Cache-Control"] == "no-store"
    assert list(shop.sessions.glob("sess_*")) == []


def test_the_shop_is_not_called(make_app: MakeApp) -> None:
    client = make_app(magento_url=UNREACHABLE_URL).test_client()
    assert client.get("/readyz").get_json() == READY
    assert client.get("/healthz").get_json() == {"status": "ok", "version": __version__}


def test_a_service_without_its_ledger_is_not_ready(client: FlaskClient, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "handoff.db") as connection:
        connection.execute("ALTER TABLE handoff RENAME TO gone")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json() == {"status": "failing", "ledger": "failing", "session_store": "ok"}
    assert client.get("/healthz").status_code == 200


def test_a_service_without_its_session_store_is_not_ready(
    client: FlaskClient, shop: RunningShop
) -> None:
    shutil.rmtree(shop.sessions)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json() == {"status": "failing", "ledger": "ok", "session_store": "failing"}


def test_a_service_with_another_program_in_the_place_of_redis_is_not_ready(
    make_app: MakeApp,
) -> None:
    with serve(lambda handler: handler.wfile.write(b"$mail\r\n")) as port:
        client = make_app(session_store=SecretStr(f"redis://{HOST}:{port}/2")).test_client()
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json() == {"status": "failing", "ledger": "ok", "session_store": "failing"}


@pytest.fixture
def on_redis(make_app: MakeApp, redis_server: RedisServer) -> Callable[[], FlaskClient]:
    """Return a function that builds a service on Redis."""
    if redis_server.process is None:
        redis_server.start()
    with redis.Redis.from_url(redis_server.url) as connection:
        connection.flushall()
        connection.execute_command("ACL", "SETUSER", "handoff", *RIGHTS)
    url = redis_server.url.replace("redis://", "redis://handoff:a-password@")
    return lambda: make_app(session_store=SecretStr(url)).test_client()


@pytest.mark.processes
def test_the_check_needs_no_further_redis_rights_and_leaves_nothing_in_redis(
    on_redis: Callable[[], FlaskClient], redis_server: RedisServer
) -> None:
    assert on_redis().get("/readyz").get_json() == READY
    with redis.Redis.from_url(redis_server.url) as connection:
        assert all(0 <= connection.ttl(key) <= 1 for key in connection.keys())


@pytest.mark.processes
@pytest.mark.parametrize(
    "redis_settings",
    [
        {"maxmemory": "1", "maxmemory-policy": "noeviction"},
        {"min-replicas-to-write": "1"},
    ],
    ids=["full", "refuses writes"],
)
def test_a_service_whose_redis_refuses_writes_is_not_ready(
    redis_settings: dict[str, str], on_redis: Callable[[], FlaskClient], redis_server: RedisServer
) -> None:
    usual: dict[str, Any] = {"maxmemory": "0", "min-replicas-to-write": "0"}
    with redis.Redis.from_url(redis_server.url) as connection:
        for name, value in redis_settings.items():
            connection.config_set(name, value)
        try:
            answer = on_redis().get("/readyz")
        finally:
            for name, value in usual.items():
                connection.config_set(name, value)
    assert (answer.status_code, answer.get_json()["session_store"]) == (503, "failing")
    assert "a-password" not in json.dumps(answer.get_json())
    assert on_redis().get("/readyz").status_code == 200


@pytest.mark.processes
def test_a_service_whose_postgres_is_read_only_is_not_ready(
    make_app: MakeApp, postgres: PostgresServer
) -> None:
    url = postgres.new_database()
    client = make_app(database_url=SecretStr(url)).test_client()
    assert client.get("/readyz").status_code == 200
    with postgres.connected() as connection:
        name = url.rpartition("/")[2]
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    client = make_app(database_url=SecretStr(url)).test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["ledger"]) == (503, "failing")


def test_a_paused_service_stays_up_and_says_that_it_is_paused(
    make_app: MakeApp, tmp_path: Path
) -> None:
    client, other_client = (make_app(paused=True).test_client() for _ in range(2))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (200, {**READY, "paused": True})
    with sqlite3.connect(tmp_path / "handoff.db") as connection:
        connection.execute("ALTER TABLE handoff RENAME TO gone")
    answer = other_client.get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "failing")


class FakeSessionStore:
    """A session store that counts its checks, and answers only while `answers` is set."""

    def __init__(self) -> None:
        self.checks = 0
        self.second_check_began = threading.Event()
        self.answers = threading.Event()
        self.answers.set()
        self.fails = False

    def provide_session(self, handoff: Handoff) -> str:
        raise AssertionError("no session may be written")

    def check_and_clean_up(self) -> None:
        self.checks += 1
        if self.checks > 1:
            self.second_check_began.set()
        self.answers.wait(10)
        if self.fails:
            raise SessionStoreError("TimeoutError")


@pytest.fixture
def store() -> FakeSessionStore:
    return FakeSessionStore()


@pytest.fixture
def seconds() -> list[float]:
    """Return a clock: a list that holds its time in seconds."""
    return [100.0]


@pytest.fixture
def readiness(app: Flask, store: FakeSessionStore, seconds: list[float]) -> ReadinessCheck:
    return ReadinessCheck(
        app.extensions["handoff.objects"].database, store, elapsed=lambda: seconds[0]
    )


def test_many_requests_cause_one_check_a_second(
    readiness: ReadinessCheck, store: FakeSessionStore, seconds: list[float]
) -> None:
    assert {tuple(readiness.check_parts().values()) for _ in range(100)} == {("ok", "ok")}
    assert store.checks == 1
    store.fails = True
    seconds[0] += 1
    assert [readiness.check_parts()["session_store"] for _ in range(100)] == ["failing"] * 100
    assert store.checks == 2


def test_a_session_store_that_does_not_answer_delays_one_request_only(
    readiness: ReadinessCheck, store: FakeSessionStore, seconds: list[float]
) -> None:
    assert readiness.check_parts()["session_store"] == "ok"
    seconds[0] += 1
    store.answers.clear()
    store.fails = True
    held = threading.Thread(target=readiness.check_parts)
    held.start()
    assert store.second_check_began.wait(10)
    assert [readiness.check_parts()["session_store"] for _ in range(100)] == ["ok"] * 100
    store.answers.set()
    held.join()
    assert readiness.check_parts()["session_store"] == "failing"
    assert store.checks == 2

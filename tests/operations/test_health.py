"""`/healthz` and `/readyz`: what the platform is told."""

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

from handoff.operations.readiness import Readiness
from handoff.shop_session import SessionStoreError
from tests.conftest import MakeApp
from tests.running import RedisServer, RunningShop

READY = {"status": "ok", "ledger": "ok", "session_store": "ok"}
AWAY = "http://127.0.0.1:9"
RIGHTS = ["on", ">a-password", "resetkeys", "~sess_*", "-@all", "+hset", "+expire", "+select"]


def test_a_service_that_can_let_shoppers_in_is_ready(
    client: FlaskClient, shop: RunningShop
) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (200, READY)
    assert answer.headers["Cache-Control"] == "no-store"
    assert list(shop.sessions.glob("sess_*")) == []


def test_the_shop_is_not_asked(make_app: MakeApp) -> None:
    client = make_app(magento_url=AWAY).test_client()
    assert client.get("/readyz").get_json() == READY
    assert client.get("/healthz").get_json() == {"status": "ok"}


def test_without_its_ledger_it_is_not_ready(client: FlaskClient, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "handoff.db") as connection:
        connection.execute("ALTER TABLE handoff RENAME TO gone")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json() == {"status": "failing", "ledger": "failing", "session_store": "ok"}
    assert client.get("/healthz").status_code == 200


def test_without_its_session_store_it_is_not_ready(client: FlaskClient, shop: RunningShop) -> None:
    shutil.rmtree(shop.sessions)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json() == {"status": "failing", "ledger": "ok", "session_store": "failing"}


@pytest.fixture
def on_redis(make_app: MakeApp, redis_server: RedisServer) -> Callable[[], FlaskClient]:
    """Build services, none of which has looked at the session store yet."""
    if redis_server.process is None:
        redis_server.start()
    with redis.Redis.from_url(redis_server.url) as connection:
        connection.flushall()
        connection.execute_command("ACL", "SETUSER", "handoff", *RIGHTS)
    url = redis_server.url.replace("redis://", "redis://handoff:a-password@")
    return lambda: make_app(session_store=SecretStr(url)).test_client()


def test_the_rights_of_letting_in_are_enough_to_ask_and_nothing_stays(
    on_redis: Callable[[], FlaskClient], redis_server: RedisServer
) -> None:
    assert on_redis().get("/readyz").get_json() == READY
    with redis.Redis.from_url(redis_server.url) as connection:
        assert all(0 <= connection.ttl(key) <= 1 for key in connection.keys())


@pytest.mark.parametrize(
    "trouble",
    [
        {"maxmemory": "1", "maxmemory-policy": "noeviction"},
        {"min-replicas-to-write": "1"},
    ],
    ids=["full", "takes no writes"],
)
def test_a_redis_that_answers_and_takes_nothing_is_not_ready(
    trouble: dict[str, str], on_redis: Callable[[], FlaskClient], redis_server: RedisServer
) -> None:
    usual: dict[str, Any] = {"maxmemory": "0", "min-replicas-to-write": "0"}
    with redis.Redis.from_url(redis_server.url) as connection:
        for name, value in trouble.items():
            connection.config_set(name, value)
        try:
            answer = on_redis().get("/readyz")
        finally:
            for name, value in usual.items():
                connection.config_set(name, value)
    assert (answer.status_code, answer.get_json()["session_store"]) == (503, "failing")
    assert "a-password" not in json.dumps(answer.get_json())
    assert on_redis().get("/readyz").status_code == 200


class Store:
    """A session store that counts how often it is written to, and may be silent for a while."""

    def __init__(self) -> None:
        self.writes = 0
        self.asked_again = threading.Event()
        self.answers = threading.Event()
        self.answers.set()
        self.fails = False

    def write(self, session_id: str, data: bytes, *, lifetime: int | None = None) -> None:
        raise AssertionError("nobody is let in")

    def check_writable(self) -> None:
        self.writes += 1
        if self.writes > 1:
            self.asked_again.set()
        self.answers.wait(10)
        if self.fails:
            raise SessionStoreError("TimeoutError")


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def seconds() -> list[float]:
    """Return a clock, which says what stands in it."""
    return [100.0]


@pytest.fixture
def readiness(app: Flask, store: Store, seconds: list[float]) -> Readiness:
    return Readiness(app.extensions["handoff"].ledger, store, elapsed=lambda: seconds[0])


def test_a_flood_of_questions_is_one_look_a_second(
    readiness: Readiness, store: Store, seconds: list[float]
) -> None:
    assert {tuple(readiness.parts().values()) for _ in range(100)} == {("ok", "ok")}
    assert store.writes == 1
    store.fails = True
    seconds[0] += 1
    assert [readiness.parts()["session_store"] for _ in range(100)] == ["failing"] * 100
    assert store.writes == 2


def test_a_store_that_is_silent_holds_one_question_and_no_more(
    readiness: Readiness, store: Store, seconds: list[float]
) -> None:
    assert readiness.parts()["session_store"] == "ok"
    seconds[0] += 1
    store.answers.clear()
    store.fails = True
    held = threading.Thread(target=readiness.parts)
    held.start()
    assert store.asked_again.wait(10)
    assert [readiness.parts()["session_store"] for _ in range(100)] == ["ok"] * 100
    store.answers.set()
    held.join()
    assert readiness.parts()["session_store"] == "failing"
    assert store.writes == 2

"""Failures of the session store and a full disk: the page comes in time and the link survives."""

from __future__ import annotations

import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from tests.conftest import MakeApp, Poq, use_link
from tests.running_servers import RedisServer

Trouble = Callable[[RedisServer], AbstractContextManager[None]]


@contextmanager
def exhaust_redis_memory(server: RedisServer) -> Iterator[None]:
    """Give Redis no memory and forbid it to evict anything."""
    with change_setting(server, "maxmemory", "1", "0"):
        yield


@contextmanager
def refuse_writes(server: RedisServer) -> Iterator[None]:
    """Require a replica for writes that does not exist."""
    with change_setting(server, "min-replicas-to-write", "1", "0"):
        yield


@contextmanager
def make_read_only(server: RedisServer) -> Iterator[None]:
    """Make Redis a replica of a master that does not exist, as after a failover."""
    with connect_as_admin(server) as connection:
        connection.replicaof("127.0.0.1", "9")
        try:
            yield
        finally:
            connection.replicaof("NO", "ONE")


@contextmanager
def stop_redis(server: RedisServer) -> Iterator[None]:
    """Stop Redis, and start it again without its data."""
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextmanager
def connect_as_admin(server: RedisServer) -> Iterator[Any]:
    with redis.Redis.from_url(server.url) as connection:
        yield connection


@contextmanager
def change_setting(server: RedisServer, name: str, value: str, usual: str) -> Iterator[None]:
    with connect_as_admin(server) as connection:
        connection.config_set(name, value)
        try:
            yield
        finally:
            connection.config_set(name, usual)


@pytest.fixture
def app(make_app: MakeApp, redis_server: RedisServer) -> Flask:
    if redis_server.process is None:
        redis_server.start()
    return make_app(session_store=SecretStr(redis_server.url), checkout_preflight="off")


@pytest.mark.processes
@pytest.mark.parametrize(
    "trouble", [exhaust_redis_memory, refuse_writes, make_read_only, RedisServer.frozen, stop_redis]
)
def test_a_link_opened_during_a_failure_works_afterwards(
    trouble: Trouble, poq: Poq, phone: FlaskClient, redis_server: RedisServer
) -> None:
    link = poq.request_link()
    assert phone.get(link).status_code == 200
    began = time.monotonic()
    with trouble(redis_server):
        answer = phone.post(link)
        assert answer.status_code == 503
        assert f'action="{link}"' in answer.text
        assert "Set-Cookie: PHPSESSID" not in str(answer.headers)
        assert poq.transfer_bag(("ITEM-02", 1), reference="r-2").status_code == 200
    assert time.monotonic() - began < 15
    assert phone.post(link).status_code == 303


@pytest.mark.processes
def test_a_redis_restart_between_page_and_post_does_no_harm(
    poq: Poq, phone: FlaskClient, redis_server: RedisServer
) -> None:
    warm, link = poq.request_link(reference="r-1"), poq.request_link(reference="r-2")
    assert use_link(phone, warm).status_code == 303
    assert phone.get(link).status_code == 200
    with stop_redis(redis_server):
        pass
    assert phone.post(link).status_code == 303


@pytest.mark.processes
def test_a_slow_redis_delays_the_answer_and_no_more(
    poq: Poq, phone: FlaskClient, redis_server: RedisServer
) -> None:
    link = poq.request_link()
    with connect_as_admin(redis_server) as connection:
        connection.client_pause(700, all=False)  # milliseconds in which nothing is written
    began = time.monotonic()
    assert use_link(phone, link).status_code == 303
    assert time.monotonic() - began > 0.4


@contextmanager
def limit_file_sizes() -> Iterator[None]:
    """Limit the files of this process to 8 KB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 * 1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_with_a_full_disk_the_page_says_so_and_the_link_stays_usable(
    make_app: MakeApp, tmp_path: Path
) -> None:
    app = make_app(checkout_preflight="off")
    poq, phone = Poq(app.test_client()), app.test_client()
    link = poq.request_link()
    with limit_file_sizes():
        answer = poq.transfer_bag(("ITEM-02", 1), reference="r-2")
        assert (answer.status_code, answer.get_json()["code"]) == (503, "ledger_unavailable")
        assert phone.get(link).status_code == 200
        assert phone.post(link).status_code == 503
        ready = phone.get("/readyz")
        assert (ready.status_code, ready.get_json()["ledger"]) == (503, "failing")
    with sqlite3.connect(tmp_path / "handoff.db") as connection:
        assert connection.execute("SELECT used_at FROM handoff").fetchall() == [(None,)]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert phone.post(link).status_code == 303
    assert poq.transfer_bag(("ITEM-02", 1), reference="r-2").status_code == 200

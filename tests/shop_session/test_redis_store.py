"""Shop sessions in a real Redis."""

from __future__ import annotations

import socket
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from handoff.deadline import clear_request_deadline, set_request_deadline
from handoff.shop_session.session_contents import SessionContents, build_entries, serialize_session
from handoff.shop_session.store import SessionStoreError, create_session
from tests.running_servers import HOST, RedisServer
from tests.shop_session.stores import open_store

CONTENTS = SessionContents(27, 1)


@pytest.fixture
def database(redis_server: RedisServer) -> Iterator[Any]:
    if redis_server.process is None:
        redis_server.start()
    with redis.Redis.from_url(redis_server.url) as connection:
        connection.flushall()
        yield connection
        connection.close()


@pytest.mark.processes
def test_a_session_is_a_hash_as_magento_reads_it(redis_server: RedisServer, database: Any) -> None:
    store = open_store(redis_server.url, lifetime=3600)
    session_id = create_session(store, CONTENTS)
    key = f"sess_{session_id}"
    assert database.keys() == [key.encode()]
    assert database.hget(key, "data") == b'checkout|a:1:{s:10:"quote_id_1";s:2:"27";}'
    assert 3590 < database.ttl(key) <= 3600


@pytest.mark.processes
def test_magento_keeps_the_full_lifetime_at_its_next_write(
    redis_server: RedisServer, database: Any
) -> None:
    """Magento's handler shortens the life of a session that has fewer than two writes."""
    session_id = create_session(open_store(redis_server.url, lifetime=3600), CONTENTS)
    assert int(database.hget(f"sess_{session_id}", "writes")) >= 2


@pytest.mark.processes
def test_session_ids_are_unique(redis_server: RedisServer, database: Any) -> None:
    store = open_store(redis_server.url)
    ids = {create_session(store, CONTENTS) for _ in range(50)}
    assert len(ids) == 50
    assert all(len(session_id) == 26 for session_id in ids)


@pytest.mark.processes
def test_the_redis_user_needs_hset_and_expire_on_sessions_only(
    redis_server: RedisServer, database: Any
) -> None:
    rights = ["on", ">a-password", "resetkeys", "~sess_*", "-@all", "+hset", "+expire", "+select"]
    database.execute_command("ACL", "SETUSER", "handoff", *rights)
    url = redis_server.url.replace("redis://", "redis://handoff:a-password@")
    session_id = create_session(open_store(url), CONTENTS)
    assert database.exists(f"sess_{session_id}")


@pytest.mark.processes
def test_a_user_without_hget_cannot_read_a_session(
    redis_server: RedisServer, database: Any
) -> None:
    rights = ["on", ">a-password", "resetkeys", "~sess_*", "-@all", "+hset", "+expire", "+select"]
    database.execute_command("ACL", "SETUSER", "handoff", *rights)
    store = open_store(redis_server.url.replace("redis://", "redis://handoff:a-password@"))
    session_id = create_session(store, CONTENTS)
    with pytest.raises(SessionStoreError, match="NoPermission"):
        store.read(session_id)
    database.execute_command("ACL", "SETUSER", "handoff", "+hget")
    assert store.read(session_id) == serialize_session(build_entries(CONTENTS), "php")
    assert store.read("unknown") is None


@pytest.mark.processes
@pytest.mark.parametrize(
    ("stored", "data"),
    [
        (b":gz:" + zlib.compress(b"checkout|a:0:{}"), b"checkout|a:0:{}"),
        (b":gz:not compressed", None),
    ],
)
def test_a_session_that_magento_compressed_is_read(
    redis_server: RedisServer, database: Any, stored: bytes, data: bytes | None
) -> None:
    database.hset("sess_long", "data", stored)
    assert open_store(redis_server.url).read("long") == data


@pytest.mark.processes
def test_a_redis_that_refuses_writes_is_a_session_store_error(
    redis_server: RedisServer, database: Any
) -> None:
    database.execute_command("ACL", "SETUSER", "reader", "on", ">pw", "~*", "+select", "+get")
    url = redis_server.url.replace("redis://", "redis://reader:pw@")
    with pytest.raises(SessionStoreError):
        create_session(open_store(url), CONTENTS)


@pytest.mark.processes
def test_a_redis_that_is_down_is_an_error_until_it_is_back(
    redis_server: RedisServer, database: Any
) -> None:
    store = open_store(redis_server.url)
    create_session(store, CONTENTS)
    redis_server.stop()
    with pytest.raises(SessionStoreError) as raised:
        create_session(store, CONTENTS)
    assert str(redis_server.port) not in str(raised.value)
    redis_server.start()
    assert create_session(store, CONTENTS)


@pytest.mark.processes
@pytest.mark.waiting
@pytest.mark.parametrize("is_connected", [True, False])
def test_a_redis_that_hangs_is_given_up_at_the_deadline(
    redis_server: RedisServer, database: Any, is_connected: bool
) -> None:
    store = open_store(redis_server.url, timeout=60)
    if is_connected:
        create_session(store, CONTENTS)
    begun = time.monotonic()
    with redis_server.frozen(), pytest.raises(SessionStoreError, match="TimeoutError"):
        create_session(store, CONTENTS, timeout=0.5)
    assert time.monotonic() - begun < 60  # the timeout of an answer
    assert create_session(store, CONTENTS)


@pytest.mark.waiting
@pytest.mark.parametrize(("seconds", "delay", "attempts"), [(30, 0, 2), (0, 1, 1)])
def test_a_retry_is_made_only_if_there_is_time_left(
    seconds: float, delay: float, attempts: int
) -> None:
    """A session that is written after the deadline of its request has half a second."""
    accepted = 0
    with socket.create_server((HOST, 0)) as server:

        def close_connections() -> None:
            nonlocal accepted
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                accepted += 1
                time.sleep(delay)
                connection.close()

        threading.Thread(target=close_connections, daemon=True).start()
        set_request_deadline(seconds)
        try:
            with pytest.raises(SessionStoreError):
                create_session(open_store(f"redis://{HOST}:{server.getsockname()[1]}/2"), CONTENTS)
        finally:
            clear_request_deadline()
            server.shutdown(socket.SHUT_RDWR)
    assert accepted == attempts

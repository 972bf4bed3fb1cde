"""Sessions in a real Redis."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from handoff.deadline import begin_request, end_request
from handoff.shop_session import SessionContents, SessionStoreError, create_session
from tests.running import HOST, RedisServer
from tests.shop_session.stores import store_at

BINDING = SessionContents(27, 1)


@pytest.fixture
def database(redis_server: RedisServer) -> Iterator[Any]:
    if redis_server.process is None:
        redis_server.start()
    with redis.Redis.from_url(redis_server.url) as connection:
        connection.flushall()
        yield connection
        connection.close()


def test_a_session_is_a_hash_as_magento_reads_it(redis_server: RedisServer, database: Any) -> None:
    store = store_at(redis_server.url, lifetime=3600)
    session_id = create_session(store, BINDING)
    key = f"sess_{session_id}"
    assert database.keys() == [key.encode()]
    assert database.hget(key, "data") == b'checkout|a:1:{s:10:"quote_id_1";s:2:"27";}'
    assert 3590 < database.ttl(key) <= 3600


def test_magento_gives_it_the_full_lifetime_at_its_next_write(
    redis_server: RedisServer, database: Any
) -> None:
    """Magento's handler shortens the life of a session that has fewer than two writes."""
    session_id = create_session(store_at(redis_server.url, lifetime=3600), BINDING)
    assert int(database.hget(f"sess_{session_id}", "writes")) >= 2


def test_no_two_sessions_have_one_id(redis_server: RedisServer, database: Any) -> None:
    store = store_at(redis_server.url)
    ids = {create_session(store, BINDING) for _ in range(50)}
    assert len(ids) == 50
    assert all(len(session_id) == 26 for session_id in ids)


def test_hset_and_expire_on_sessions_are_all_the_rights_it_needs(
    redis_server: RedisServer, database: Any
) -> None:
    rights = ["on", ">a-password", "resetkeys", "~sess_*", "-@all", "+hset", "+expire", "+select"]
    database.execute_command("ACL", "SETUSER", "handoff", *rights)
    url = redis_server.url.replace("redis://", "redis://handoff:a-password@")
    session_id = create_session(store_at(url), BINDING)
    assert database.exists(f"sess_{session_id}")


def test_a_redis_that_refuses_is_out_of_reach(redis_server: RedisServer, database: Any) -> None:
    database.execute_command("ACL", "SETUSER", "reader", "on", ">pw", "~*", "+select", "+get")
    url = redis_server.url.replace("redis://", "redis://reader:pw@")
    with pytest.raises(SessionStoreError):
        create_session(store_at(url), BINDING)


def test_a_redis_that_is_down_is_out_of_reach_and_then_back(
    redis_server: RedisServer, database: Any
) -> None:
    store = store_at(redis_server.url)
    create_session(store, BINDING)
    redis_server.stop()
    with pytest.raises(SessionStoreError) as raised:
        create_session(store, BINDING)
    assert str(redis_server.port) not in str(raised.value)
    redis_server.start()
    assert create_session(store, BINDING)


@pytest.mark.parametrize(("seconds", "tries"), [(30, 2), (0, 1)])
def test_a_second_try_is_for_requests_that_have_time_left(seconds: float, tries: int) -> None:
    taken = 0
    with socket.create_server((HOST, 0)) as server:

        def hang_up() -> None:
            nonlocal taken
            while True:
                try:
                    server.accept()[0].close()
                except OSError:
                    return
                taken += 1

        threading.Thread(target=hang_up, daemon=True).start()
        begin_request(seconds)
        try:
            with pytest.raises(SessionStoreError):
                create_session(store_at(f"redis://{HOST}:{server.getsockname()[1]}/2"), BINDING)
        finally:
            end_request()
            server.shutdown(socket.SHUT_RDWR)
    assert taken == tries

"""Limits by the minute: what is too much, for how long, and when the counters are away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from handoff.limits import Limit, Limits, RedisCounters, network_of
from handoff.limits.counters import MemoryCounters
from handoff.operate.logs import configure_logging
from handoff.session.address import SessionAccess, SessionAddress
from handoff.session.servers import connect
from tests.conftest import TurnedClock
from tests.logs import Logged
from tests.running import RedisServer

THREE = Limit("a_thing", 3)
RIGHTS = ["on", ">a-password", "resetkeys", "~handoff:*", "-@all", "+incrby", "+expire", "+get"]


def counters_at(url: str) -> RedisCounters:
    """Return counters as the service opens them."""
    address = SessionAddress.parse(url)
    return RedisCounters(connect(address, SessionAccess(), patience=0.25))


@pytest.fixture
def database(redis_server: RedisServer) -> Iterator[Any]:
    if redis_server.process is None:
        redis_server.start()
    with redis.Redis.from_url(redis_server.url) as connection:
        connection.flushall()
        yield connection


@pytest.fixture(params=["this process", "redis"])
def limits(request: pytest.FixtureRequest, clock: TurnedClock) -> Limits:
    if request.param == "this process":
        return Limits(None, clock)
    server: RedisServer = request.getfixturevalue("redis_server")
    request.getfixturevalue("database")
    return Limits(counters_at(server.url), clock)


def test_what_is_over_the_limit_has_to_wait_for_the_next_minute(
    limits: Limits, clock: TurnedClock
) -> None:
    clock.turn(seconds=60 - clock.now % 60_000 / 1000 + 20)
    assert [limits.count(THREE, "somebody") for _ in range(5)] == [0, 0, 0, 40, 40]
    clock.turn(seconds=39.5)
    assert limits.count(THREE, "somebody") == 1
    clock.turn(seconds=0.5)
    assert limits.count(THREE, "somebody") == 0


def test_each_caller_and_each_limit_has_a_count_of_its_own(limits: Limits) -> None:
    for _ in range(4):
        limits.count(THREE, "somebody")
    assert limits.count(THREE, "somebody") > 0
    assert limits.count(THREE, "somebody else") == 0
    assert limits.count(Limit("another_thing", 3), "somebody") == 0


def test_looking_counts_nothing(limits: Limits) -> None:
    for _ in range(10):
        assert limits.used_up(THREE, "somebody") == 0
    for _ in range(3):
        limits.count(THREE, "somebody")
    assert limits.used_up(THREE, "somebody") > 0
    assert limits.used_up(THREE, "somebody else") == 0


def test_nothing_a_minute_is_no_limit(limits: Limits) -> None:
    assert {limits.count(Limit("a_thing", 0), "somebody") for _ in range(50)} == {0}


def test_threads_count_together(limits: Limits) -> None:
    answers: list[int] = []
    fifty = Limit("a_thing", 50)

    def count() -> None:
        answers.extend(limits.count(fifty, "somebody") for _ in range(20))

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(0) == 50


def test_several_processes_count_together_in_redis(
    redis_server: RedisServer, database: Any, clock: TurnedClock
) -> None:
    hosts = [Limits(counters_at(redis_server.url), clock) for _ in range(3)]
    waits = [host.count(THREE, "somebody") for host in hosts * 2]
    assert [wait > 0 for wait in waits] == [False, False, False, True, True, True]


def test_what_redis_holds_names_nobody_and_ends_by_itself(
    redis_server: RedisServer, database: Any, clock: TurnedClock
) -> None:
    Limits(counters_at(redis_server.url), clock).count(THREE, "192.0.2.7")
    [key] = database.keys()
    assert b"192.0.2.7" not in key
    assert 0 < database.ttl(key) <= 120


def test_incrby_expire_and_get_are_all_the_rights_that_it_needs(
    redis_server: RedisServer, database: Any, clock: TurnedClock
) -> None:
    database.execute_command("ACL", "SETUSER", "counter", *RIGHTS, "+select")
    url = redis_server.url.replace("redis://", "redis://counter:a-password@")
    limits = Limits(counters_at(url), clock)
    assert limits.used_up(THREE, "somebody") == 0
    assert [limits.count(THREE, "somebody") > 0 for _ in range(4)] == [False] * 3 + [True]
    assert database.keys("handoff:*")


def test_a_redis_that_is_away_refuses_nobody_and_is_logged_once(
    redis_server: RedisServer,
    database: Any,
    clock: TurnedClock,
    logged: Logged,
) -> None:
    configure_logging()
    now = [100.0]
    limits = Limits(counters_at(redis_server.url), clock, elapsed=lambda: now[0])
    for _ in range(4):
        limits.count(THREE, "somebody")
    redis_server.stop()
    for _ in range(3):
        assert limits.count(THREE, "somebody") == 0
        now[0] += 6
    # This process still counts for itself.
    assert limits.count(THREE, "somebody") > 0
    redis_server.start()
    assert limits.count(THREE, "somebody") > 0
    now[0] += 6
    assert limits.count(THREE, "somebody") == 0
    assert len(logged.lines("limits_store_unavailable")) == 1


def test_a_flood_of_callers_does_not_fill_the_memory() -> None:
    counters = MemoryCounters()
    for number in range(250_000):
        counters.add(str(number), 1)
    assert len(counters._sums) <= 100_000


@pytest.mark.parametrize(
    ("address", "caller"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_line_of_ipv6_is_one_caller(address: str | None, caller: str) -> None:
    assert network_of(address) == caller

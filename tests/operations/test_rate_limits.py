"""Rate limits: how many events are allowed, how long to wait, and what happens without Redis."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from handoff.operations.json_logs import configure_logging
from handoff.operations.rate_limits import RateLimit, RateLimitCounters, get_caller_network
from tests.answering_server import serve
from tests.conftest import FakeClock
from tests.logs import CapturedLog
from tests.running_servers import HOST, RedisServer, free_port, running_redis

SECRET = "a secret of the tests"


def create_limit(
    per_minute: int, url: str | None = None, *, name: str = "a_thing", secret: str = SECRET
) -> RateLimit:
    """Return a limit as one more worker process has it."""
    return RateLimit(RateLimitCounters(secret, url), name, per_minute)


@pytest.fixture
def limit(rate_limit_clock: FakeClock) -> RateLimit:
    return create_limit(3)


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """Return a client of a Redis that holds nothing yet."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
        yield client


# In the memory of one worker


def test_a_caller_over_the_limit_waits_for_the_end_of_the_minute(
    limit: RateLimit, rate_limit_clock: FakeClock
) -> None:
    assert limit.count_event("somebody") == 0
    rate_limit_clock.advance(seconds=20)
    assert [limit.count_event("somebody") for _ in range(4)] == [0, 0, 40, 40]
    rate_limit_clock.advance(seconds=39.5)
    assert limit.count_event("somebody") == 1
    rate_limit_clock.advance(seconds=0.5)
    assert [limit.count_event("somebody") for _ in range(4)] == [0, 0, 0, 60]


def test_each_caller_and_each_limit_has_a_count_of_its_own(rate_limit_clock: FakeClock) -> None:
    counters = RateLimitCounters(SECRET)
    limit, other_limit = RateLimit(counters, "a_thing", 3), RateLimit(counters, "another", 3)
    for _ in range(4):
        limit.count_event("somebody")
    assert limit.count_event("somebody") > 0
    assert limit.count_event("somebody else") == 0
    assert other_limit.count_event("somebody") == 0


def test_get_retry_after_counts_nothing(limit: RateLimit) -> None:
    for _ in range(10):
        assert limit.get_retry_after("somebody") == 0
    for _ in range(3):
        assert limit.count_event("somebody") == 0
    assert limit.get_retry_after("somebody") > 0
    assert limit.get_retry_after("somebody else") == 0


def test_a_limit_of_zero_allows_any_number() -> None:
    limit = create_limit(0)
    assert {limit.count_event("somebody") for _ in range(50)} == {0}
    assert limit.get_retry_after("somebody") == 0


def test_each_worker_counts_for_itself_without_redis() -> None:
    limits = [create_limit(3), create_limit(3)]
    assert [limit.count_event("somebody") for limit in limits for _ in range(3)] == [0] * 6
    assert all(limit.count_event("somebody") for limit in limits)


def test_callers_of_earlier_minutes_leave_the_memory(rate_limit_clock: FakeClock) -> None:
    counters = RateLimitCounters(SECRET)
    limit = RateLimit(counters, "a_thing", 3)
    for number in range(100):
        limit.count_event(str(number))
    rate_limit_clock.advance(seconds=61)
    limit.count_event("somebody")
    give_up = time.monotonic() + 10
    memory = counters._memory.storage
    while len(memory.storage) > 1:  # type: ignore[attr-defined]
        assert time.monotonic() < give_up
        limit.count_event("somebody")
        time.sleep(0.02)


# In a Redis that several workers share


@pytest.mark.processes
@pytest.mark.parametrize("workers", [0, 1, 3])
def test_threads_of_all_workers_count_together(client: redis.Redis, workers: int) -> None:
    """Without Redis the threads of one worker do."""
    url = f"redis://{HOST}:{client.get_connection_kwargs()['port']}/1" if workers else None
    limits = [create_limit(50, url) for _ in range(workers or 1)]
    waits: list[int] = []

    def hit(limit: RateLimit) -> None:
        waits.extend(limit.count_event("somebody") for _ in range(20))

    threads = [
        threading.Thread(target=hit, args=(limits[number % len(limits)],)) for number in range(9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert waits.count(0) == 50


@pytest.mark.processes
def test_a_worker_that_has_counted_nothing_knows_what_the_others_did(
    redis_server: RedisServer, client: redis.Redis
) -> None:
    for _ in range(3):
        assert create_limit(3, redis_server.url).count_event("somebody") == 0
    limit = create_limit(3, redis_server.url)
    assert 1 <= limit.get_retry_after("somebody") <= 60
    assert 1 <= limit.count_event("somebody") <= 60
    assert limit.get_retry_after("somebody else") == 0


@pytest.mark.processes
def test_redis_learns_no_address_and_forgets_after_a_minute(
    redis_server: RedisServer, client: redis.Redis
) -> None:
    for secret in (SECRET, "another secret of the tests"):
        create_limit(3, redis_server.url, secret=secret).count_event("192.0.2.7")
    keys = [key.decode() for key in client.scan_iter()]
    assert len(set(keys)) == 2
    assert not [key for key in keys if "192.0.2.7" in key]
    assert all(key.startswith("handoff:") and 0 < client.ttl(key) <= 60 for key in keys)


@pytest.mark.processes
def test_few_rights_in_redis_are_enough(redis_server: RedisServer, client: redis.Redis) -> None:
    """docs/running.md names these."""
    rights = "~handoff:* -@all +select +evalsha +script|load +incrby +expire +get +ttl"
    execute: Any = client.execute_command  # its types are not declared
    execute("ACL", "SETUSER", "counter", "on", ">a-password", *rights.split())
    try:
        url = redis_server.url.replace("//", "//counter:a-password@")
        assert [bool(create_limit(2, url).count_event("somebody")) for _ in range(3)] == [
            False,
            False,
            True,
        ]
        assert create_limit(2, url).get_retry_after("somebody") > 0
        assert create_limit(2, redis_server.url).get_retry_after("somebody") > 0
    finally:
        execute("ACL", "DELUSER", "counter")


@pytest.mark.processes
def test_redis_is_reached_by_its_socket(tmp_path: Path) -> None:
    path = tmp_path / "redis.sock"
    server = RedisServer(free_port(), tmp_path, options=("--unixsocket", str(path)))
    server.start()
    try:
        assert create_limit(1, f"unix://{path}?db=2").count_event("somebody") == 0
        assert create_limit(1, server.url).count_event("somebody") > 0
    finally:
        server.stop()


# While that Redis is away


@pytest.mark.processes
def test_nobody_is_refused_because_redis_is_away(
    tmp_path: Path, rate_limit_clock: FakeClock, captured_log: CapturedLog
) -> None:
    configure_logging()
    with running_redis(tmp_path) as server:
        limit = create_limit(3, server.url)
        limit.count_event("somebody")
        server.stop()
        assert [limit.count_event("somebody") for _ in range(2)] == [0, 0]
        rate_limit_clock.advance(seconds=6)
        # The worker still counts for itself.
        assert limit.count_event("somebody") > 0
        assert limit.get_retry_after("somebody") > 0
        assert limit.count_event("somebody else") == 0
        [line] = captured_log.read_lines("rate_limit_storage_unavailable")
        assert (line["level"], line["reason"]) == ("error", "ConnectionError")
        server.start()
        rate_limit_clock.advance(seconds=6)
        assert limit.count_event("somebody") == 0
        assert create_limit(3, server.url).count_event("somebody") == 0
        assert create_limit(2, server.url).count_event("somebody") == 0
        server.stop()
        limit.count_event("somebody")
        assert len(captured_log.read_lines("rate_limit_storage_unavailable")) == 1


@pytest.mark.parametrize(
    "answer",
    [b"$mail\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"*1\r\n" * 3000],
    ids=["a wrong length", "a banner", "deeply nested"],
)
def test_another_program_in_the_place_of_redis_counts_as_a_redis_that_is_away(
    answer: bytes, captured_log: CapturedLog
) -> None:
    configure_logging()
    with serve(lambda handler: handler.wfile.write(answer)) as port:
        limit = create_limit(1, f"redis://{HOST}:{port}/0")
        assert limit.count_event("somebody") == 0
        assert limit.count_event("somebody") > 0
    assert len(captured_log.read_lines("rate_limit_storage_unavailable")) == 1


@contextmanager
def run_silent_server() -> Iterator[tuple[str, list[socket.socket]]]:
    """Accept connections, answer nothing, and yield the address and the connections so far."""
    accepted: list[socket.socket] = []
    with socket.create_server((HOST, 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    accepted.append(listener.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"redis://{HOST}:{listener.getsockname()[1]}/0", accepted
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in accepted:
                connection.close()


@pytest.mark.waiting
def test_a_silent_redis_is_waited_for_by_one_caller_every_few_seconds(
    rate_limit_clock: FakeClock,
) -> None:
    with run_silent_server() as (url, connections):
        limit = create_limit(3, url)
        for attempts in (1, 2):
            begun = time.monotonic()
            assert [limit.count_event(f"caller {attempts}") for _ in range(3)] == [0, 0, 0]
            assert limit.get_retry_after(f"caller {attempts}") > 0
            assert time.monotonic() - begun < 2
            assert len(connections) == attempts
            rate_limit_clock.advance(seconds=6)


@pytest.mark.parametrize(
    ("address", "caller"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("", ""),
        (None, ""),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_all_addresses_of_one_ipv6_network_are_one_caller(address: str | None, caller: str) -> None:
    assert get_caller_network(address) == caller

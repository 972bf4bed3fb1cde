"""The ways to a Redis: by TLS, by its socket, by Sentinel; each with no more rights than needed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import redis

from handoff.shop_session import (
    SessionContents,
    SessionStoreAccess,
    SessionStoreError,
    create_session,
)
from tests.certificates import Authority
from tests.running import HOST, RedisServer, free_port
from tests.shop_session.stores import store_at

BINDING = SessionContents(27, 1)
RIGHTS = ("resetkeys", "~sess_*", "-@all", "+hset", "+expire", "+select")
WRITER = ("--user", "handoff", "on", ">a-password", *RIGHTS)
ASKER = ("--user", "asker", "on", ">ask-me", "-@all", "+sentinel|masters")


@contextmanager
def running(server: RedisServer) -> Iterator[RedisServer]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


def holds(session_id: str, connection: Any) -> bool:
    """Look a session up with the rights of an administrator."""
    with connection:
        return bool(connection.hget(f"sess_{session_id}", "data"))


# By TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def tls_options(authority: Authority, port: int, *, asks_for_certificate: bool) -> tuple[str, ...]:
    certificate = authority.issue(HOST, "localhost")
    return (
        *("--tls-port", str(port), "--port", "0"),
        *("--tls-cert-file", str(certificate.file), "--tls-key-file", str(certificate.key)),
        *("--tls-ca-cert-file", str(authority.file)),
        *("--tls-auth-clients", "yes" if asks_for_certificate else "no"),
    )


@pytest.fixture(params=[False, True], ids=["any client", "client certificates"])
def tls_server(
    request: pytest.FixtureRequest, authority: Authority, tmp_path: Path
) -> Iterator[RedisServer]:
    port = free_port()
    options = tls_options(authority, port, asks_for_certificate=request.param)
    with running(RedisServer(port, tmp_path, (*options, *WRITER))) as server:
        yield server


def test_a_session_is_written_by_tls(authority: Authority, tls_server: RedisServer) -> None:
    own = authority.issue("handoff")
    store = store_at(
        f"rediss://handoff:a-password@{HOST}:{tls_server.port}/2",
        SessionStoreAccess(ca_file=str(authority.file), cert_file=str(own.both)),
    )
    session_id = create_session(store, BINDING)
    admin = redis.Redis(
        HOST,
        tls_server.port,
        db=2,
        ssl=True,
        ssl_ca_certs=str(authority.file),
        ssl_certfile=str(own.both),
    )
    assert holds(session_id, admin)


def test_a_redis_that_nobody_vouches_for_is_not_written_to(
    authority: Authority, tls_server: RedisServer, tmp_path: Path
) -> None:
    (tmp_path / "others").mkdir()
    stranger = Authority(tmp_path / "others")
    url = f"rediss://handoff:a-password@{HOST}:{tls_server.port}/2"
    own = str(authority.issue("handoff").both)
    for ca_file in (None, str(stranger.file)):
        with pytest.raises(SessionStoreError):
            create_session(
                store_at(url, SessionStoreAccess(ca_file=ca_file, cert_file=own)), BINDING
            )


def test_a_redis_that_asks_for_a_certificate_is_out_of_reach_without(
    authority: Authority, tmp_path: Path
) -> None:
    port = free_port()
    options = tls_options(authority, port, asks_for_certificate=True)
    with running(RedisServer(port, tmp_path, (*options, *WRITER))):
        access = SessionStoreAccess(ca_file=str(authority.file))
        with pytest.raises(SessionStoreError):
            create_session(store_at(f"rediss://handoff:a-password@{HOST}:{port}", access), BINDING)


# By its socket


def test_a_session_is_written_by_the_socket(tmp_path: Path) -> None:
    socket = tmp_path / "redis.sock"
    options = ("--unixsocket", str(socket), *WRITER)
    with running(RedisServer(free_port(), tmp_path, options)):
        session_id = create_session(store_at(f"unix://handoff:a-password@{socket}?db=2"), BINDING)
        assert holds(session_id, redis.Redis(unix_socket_path=str(socket), db=2))


# By Sentinel


@dataclass(frozen=True, slots=True)
class Watched:
    """A master and a replica of it, which a Sentinel watches."""

    master: RedisServer
    replica: RedisServer
    sentinel: RedisServer
    tls: dict[str, Any]

    def of(self, server: RedisServer) -> Any:
        """Connect to one of the three, with the rights of an administrator."""
        return redis.Redis(HOST, server.port, db=0, **self.tls)

    @property
    def access(self) -> SessionStoreAccess:
        """What the Sentinel asks for, and who vouches for all three."""
        return SessionStoreAccess(
            ca_file=self.tls.get("ssl_ca_certs"),
            sentinel_username="asker",
            sentinel_password="ask-me",
        )

    @property
    def url(self) -> str:
        """Return the address of the sessions; a Sentinel that is away stands first."""
        scheme = "rediss" if self.tls else "redis"
        sentinels = f"{HOST}:{free_port()},{HOST}:{self.sentinel.port}"
        return f"{scheme}+sentinel://handoff:a-password@{sentinels}/the-sessions/0"

    def wait_for_a_replica(self) -> None:
        """Wait until the replica is in step, and the Sentinel knows it."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with self.of(self.replica) as replica, self.of(self.sentinel) as sentinel:
                in_step = replica.info("replication")["master_link_status"] == "up"
                if in_step and sentinel.sentinel_slaves("the-sessions"):
                    return
            time.sleep(0.05)
        raise AssertionError("the replica is not in step")

    def swap(self) -> None:
        """Make the replica the master and the master its replica, and tell the Sentinel."""
        with (
            self.of(self.master) as master,
            self.of(self.replica) as replica,
            self.of(self.sentinel) as sentinel,
        ):
            replica.replicaof("NO", "ONE")
            master.replicaof(HOST, self.replica.port)
            sentinel.sentinel_remove("the-sessions")
            sentinel.sentinel_monitor("the-sessions", HOST, self.replica.port, 1)

    def wait_for_a_new_master(self) -> None:
        """Wait until the Sentinel names the replica as the master."""
        until = time.monotonic() + 60
        with self.of(self.sentinel) as sentinel:
            while time.monotonic() < until:
                state = sentinel.sentinel_masters()["the-sessions"]
                if (state["port"], state["is_master"]) == (self.replica.port, True):
                    return
                time.sleep(0.05)
        raise AssertionError("there is no new master")


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def watched(
    request: pytest.FixtureRequest, authority: Authority, tmp_path: Path
) -> Iterator[Watched]:
    def options_of(port: int) -> tuple[str, ...]:
        if not request.param:
            return ()
        options = tls_options(authority, port, asks_for_certificate=False)
        return (*options, "--tls-replication", "yes")

    ports = [free_port() for _ in range(3)]
    folders = [tmp_path / name for name in ("master", "replica", "sentinel")]
    for folder in folders:
        folder.mkdir()
    following = ("--replicaof", HOST, str(ports[0]), "--repl-diskless-sync-delay", "0")
    watch = folders[2] / "sentinel.conf"
    watch.write_text(
        f"sentinel monitor the-sessions {HOST} {ports[0]} 1\n"
        "sentinel down-after-milliseconds the-sessions 300\n"
        "sentinel failover-timeout the-sessions 3000\n"
    )
    extras = [
        (*options_of(ports[0]), "--repl-diskless-sync-delay", "0", *WRITER),
        (*options_of(ports[1]), *following, *WRITER),
        (str(watch), "--sentinel", *options_of(ports[2]), *ASKER),
    ]
    tls = {"ssl": True, "ssl_ca_certs": str(authority.file)} if request.param else {}
    with ExitStack() as stack:
        servers = [
            stack.enter_context(running(RedisServer(port, folder, options)))
            for port, folder, options in zip(ports, folders, extras, strict=True)
        ]
        master, replica, sentinel = servers
        watched = Watched(master, replica, sentinel, tls)
        watched.wait_for_a_replica()
        yield watched


def test_the_master_is_the_one_that_sentinel_names_also_after_a_failover(watched: Watched) -> None:
    store = store_at(watched.url, watched.access)
    session_id = create_session(store, BINDING)
    assert holds(session_id, watched.of(watched.master))
    watched.master.stop()
    watched.wait_for_a_new_master()
    session_id = create_session(store, BINDING)
    assert holds(session_id, watched.of(watched.replica))


def test_a_master_that_has_been_demoted_is_left_for_the_new_one(watched: Watched) -> None:
    """The old connection stands, to a Redis that has become a replica and takes no write."""
    store = store_at(watched.url, watched.access)
    create_session(store, BINDING)
    watched.swap()
    session_id = create_session(store, BINDING)
    assert holds(session_id, watched.of(watched.replica))


def test_without_a_sentinel_that_answers_the_store_is_out_of_reach(watched: Watched) -> None:
    with pytest.raises(SessionStoreError):
        create_session(
            store_at(watched.url, replace(watched.access, sentinel_password="wrong")), BINDING
        )
    watched.sentinel.stop()
    with pytest.raises(SessionStoreError) as raised:
        create_session(store_at(watched.url, watched.access), BINDING)
    assert HOST not in str(raised.value)

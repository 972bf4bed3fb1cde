"""Redis by TLS, by a Unix socket and by Sentinel, each with the least rights."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import redis

from handoff.settings.session_store_url import SessionStoreAccess
from handoff.shop_session.session_contents import SessionContents
from handoff.shop_session.store import SessionStoreError, create_session
from tests.certificates import Authority
from tests.running_servers import HOST, RedisServer, free_port
from tests.shop_session.stores import open_store

pytestmark = pytest.mark.processes

CONTENTS = SessionContents(27, 1)
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


def has_session(session_id: str, connection: Any) -> bool:
    """Return whether Redis has the session, by a connection of an administrator."""
    with connection:
        return bool(connection.hget(f"sess_{session_id}", "data"))


# By TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def build_tls_options(
    authority: Authority, port: int, *, asks_for_certificate: bool
) -> tuple[str, ...]:
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
    options = build_tls_options(authority, port, asks_for_certificate=request.param)
    with running(RedisServer(port, tmp_path, (*options, *WRITER))) as server:
        yield server


@pytest.mark.parametrize("scheme", ["rediss", "valkeys"])
def test_a_session_is_written_over_tls(
    authority: Authority, tls_server: RedisServer, scheme: str
) -> None:
    own = authority.issue("handoff")
    store = open_store(
        f"{scheme}://handoff:a-password@{HOST}:{tls_server.port}/2",
        SessionStoreAccess(ca_file=str(authority.file), cert_file=str(own.both)),
    )
    session_id = create_session(store, CONTENTS)
    admin = redis.Redis(
        HOST,
        tls_server.port,
        db=2,
        ssl=True,
        ssl_ca_certs=str(authority.file),
        ssl_certfile=str(own.both),
    )
    assert has_session(session_id, admin)


def test_a_redis_with_an_unknown_certificate_is_refused(
    authority: Authority, tls_server: RedisServer, tmp_path: Path
) -> None:
    (tmp_path / "others").mkdir()
    stranger = Authority(tmp_path / "others")
    url = f"rediss://handoff:a-password@{HOST}:{tls_server.port}/2"
    own = str(authority.issue("handoff").both)
    for ca_file in (None, str(stranger.file)):
        with pytest.raises(SessionStoreError, match="CertificateError"):
            create_session(
                open_store(url, SessionStoreAccess(ca_file=ca_file, cert_file=own)), CONTENTS
            )


def test_a_redis_that_needs_a_client_certificate_is_an_error_without_one(
    authority: Authority, tmp_path: Path
) -> None:
    port = free_port()
    options = build_tls_options(authority, port, asks_for_certificate=True)
    with running(RedisServer(port, tmp_path, (*options, *WRITER))):
        access = SessionStoreAccess(ca_file=str(authority.file))
        with pytest.raises(SessionStoreError):
            create_session(
                open_store(f"rediss://handoff:a-password@{HOST}:{port}", access), CONTENTS
            )


# By its socket


def test_a_session_is_written_by_a_unix_socket(tmp_path: Path) -> None:
    socket = tmp_path / "redis.sock"
    options = ("--unixsocket", str(socket), *WRITER)
    with running(RedisServer(free_port(), tmp_path, options)):
        session_id = create_session(
            open_store(f"unix://handoff:a-password@{socket}?db=2"), CONTENTS
        )
        assert has_session(session_id, redis.Redis(unix_socket_path=str(socket), db=2))


# By Sentinel


@dataclass(frozen=True, slots=True)
class SentinelCluster:
    """A master, a replica and a Sentinel that watches them."""

    master: RedisServer
    replica: RedisServer
    sentinel: RedisServer
    tls: dict[str, Any]

    def connect(self, server: RedisServer) -> Any:
        """Connect to one of the three as an administrator."""
        return redis.Redis(HOST, server.port, db=0, **self.tls)

    @property
    def access(self) -> SessionStoreAccess:
        """The login at the Sentinel and the CA of all three."""
        return SessionStoreAccess(
            ca_file=self.tls.get("ssl_ca_certs"),
            sentinel_username="asker",
            sentinel_password="ask-me",
        )

    @property
    def url(self) -> str:
        """The URL of the session store, with a Sentinel first that does not answer."""
        scheme = "rediss" if self.tls else "redis"
        sentinels = f"{HOST}:{free_port()},{HOST}:{self.sentinel.port}"
        return f"{scheme}+sentinel://handoff:a-password@{sentinels}/the-sessions/0"

    def wait_for_a_replica(self) -> None:
        """Wait until the replica is in sync, and the Sentinel knows it."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with self.connect(self.replica) as replica, self.connect(self.sentinel) as sentinel:
                in_sync = replica.info("replication")["master_link_status"] == "up"
                if in_sync and sentinel.sentinel_slaves("the-sessions"):
                    return
            time.sleep(0.05)
        raise AssertionError("the replica is not in sync")

    def swap_roles(self) -> None:
        """Swap master and replica, and reconfigure the Sentinel."""
        with (
            self.connect(self.master) as master,
            self.connect(self.replica) as replica,
            self.connect(self.sentinel) as sentinel,
        ):
            replica.replicaof("NO", "ONE")
            master.replicaof(HOST, self.replica.port)
            sentinel.sentinel_remove("the-sessions")
            sentinel.sentinel_monitor("the-sessions", HOST, self.replica.port, 1)

    def wait_for_a_new_master(self) -> None:
        """Wait until the Sentinel names the replica as the master."""
        until = time.monotonic() + 60
        with self.connect(self.sentinel) as sentinel:
            while time.monotonic() < until:
                state = sentinel.sentinel_masters()["the-sessions"]
                if (state["port"], state["is_master"]) == (self.replica.port, True):
                    return
                time.sleep(0.05)
        raise AssertionError("there is no new master")


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def cluster(
    request: pytest.FixtureRequest, authority: Authority, tmp_path: Path
) -> Iterator[SentinelCluster]:
    def build_options(port: int) -> tuple[str, ...]:
        if not request.param:
            return ()
        options = build_tls_options(authority, port, asks_for_certificate=False)
        return (*options, "--tls-replication", "yes")

    ports = [free_port() for _ in range(3)]
    folders = [tmp_path / name for name in ("master", "replica", "sentinel")]
    for folder in folders:
        folder.mkdir()
    replica_options = ("--replicaof", HOST, str(ports[0]), "--repl-diskless-sync-delay", "0")
    config = folders[2] / "sentinel.conf"
    config.write_text(
        f"sentinel monitor the-sessions {HOST} {ports[0]} 1\n"
        "sentinel down-after-milliseconds the-sessions 300\n"
        "sentinel failover-timeout the-sessions 3000\n"
    )
    extras = [
        (*build_options(ports[0]), "--repl-diskless-sync-delay", "0", *WRITER),
        (*build_options(ports[1]), *replica_options, *WRITER),
        (str(config), "--sentinel", *build_options(ports[2]), *ASKER),
    ]
    tls = {"ssl": True, "ssl_ca_certs": str(authority.file)} if request.param else {}
    with ExitStack() as stack:
        servers = [
            stack.enter_context(running(RedisServer(port, folder, options)))
            for port, folder, options in zip(ports, folders, extras, strict=True)
        ]
        master, replica, sentinel = servers
        cluster = SentinelCluster(master, replica, sentinel, tls)
        cluster.wait_for_a_replica()
        yield cluster


def test_sessions_go_to_the_master_that_sentinel_names_also_after_a_failover(
    cluster: SentinelCluster,
) -> None:
    store = open_store(cluster.url, cluster.access)
    session_id = create_session(store, CONTENTS)
    assert has_session(session_id, cluster.connect(cluster.master))
    cluster.master.stop()
    cluster.wait_for_a_new_master()
    session_id = create_session(store, CONTENTS)
    assert has_session(session_id, cluster.connect(cluster.replica))


def test_sessions_go_to_the_new_master_after_the_old_one_became_a_replica(
    cluster: SentinelCluster,
) -> None:
    """The old connection is open, but its Redis is now a replica and refuses writes."""
    store = open_store(cluster.url, cluster.access)
    create_session(store, CONTENTS)
    cluster.swap_roles()
    session_id = create_session(store, CONTENTS)
    assert has_session(session_id, cluster.connect(cluster.replica))


def test_it_is_an_error_if_no_sentinel_answers(cluster: SentinelCluster) -> None:
    with pytest.raises(SessionStoreError):
        create_session(
            open_store(cluster.url, replace(cluster.access, sentinel_password="wrong")), CONTENTS
        )
    cluster.sentinel.stop()
    with pytest.raises(SessionStoreError) as raised:
        create_session(open_store(cluster.url, cluster.access), CONTENTS)
    assert HOST not in str(raised.value)

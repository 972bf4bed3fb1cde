"""The Redis client for a session store URL: by TCP, TLS, Unix socket or Sentinel.

It gives up at the request's deadline. redis-py itself has no timeout for the lookup of a name, and
the same timeout for each answer.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.connection import AbstractConnection
from redis.retry import Retry
from redis.sentinel import Sentinel

from handoff.deadline import Deadline, run_until
from handoff.settings.session_store_url import SessionStoreAccess, SessionStoreUrl
from handoff.shop_session.store import DEFAULT_TIMEOUT, MAX_WAIT

_SENTINEL_TIMEOUT = 0.5  # seconds; a shopper waits, and there are further Sentinels
_MIN_TIMEOUT = 0.001  # seconds; a socket with the timeout 0 does not wait at all

# RESP2 and no client name, since writing must not need the rights to HELLO and CLIENT.
_NO_HANDSHAKE: dict[str, Any] = {"protocol": 2, "driver_info": None}


def build_redis_client(
    url: SessionStoreUrl, access: SessionStoreAccess, *, timeout: float = DEFAULT_TIMEOUT
) -> redis.Redis:
    """Return a client that connects at its first command and never retries.

    `timeout` is how many seconds it waits for an answer.
    """
    options: dict[str, Any] = {
        **_NO_HANDSHAKE,
        **_build_tls_options(url, access),
        "db": url.database,
        "username": url.username,
        "password": url.password,
        "socket_connect_timeout": timeout / 2,
        "socket_timeout": timeout,
        "retry": Retry(NoBackoff(), 0),
    }
    if url.sentinel_master:
        sentinel = _build_sentinel(url, access)
        return _limit_waits(sentinel.master_for(url.sentinel_master, **options))
    if url.path:
        return _limit_waits(redis.Redis(unix_socket_path=url.path, **options))
    [(host, port)] = url.hosts
    return _limit_waits(redis.Redis(host, port, **options))


def _build_sentinel(url: SessionStoreUrl, access: SessionStoreAccess) -> Any:
    """Return a client of the Sentinels, which asks each of them once."""
    sentinel = cast(Any, Sentinel)(  # redis-py declares no types for it
        list(url.hosts),
        sentinel_kwargs={
            **_NO_HANDSHAKE,
            **_build_tls_options(url, access),
            "username": access.sentinel_username,
            "password": access.sentinel_password,
            "socket_connect_timeout": _SENTINEL_TIMEOUT,
            "socket_timeout": _SENTINEL_TIMEOUT,
            "retry": Retry(NoBackoff(), 0),
        },
    )
    for client in sentinel.sentinels:
        _limit_waits(client)
    return sentinel


class _DeadlineMixin(AbstractConnection):
    """Makes a connection of any kind give up at the request's deadline."""

    def _connect(self) -> socket.socket:
        connect: Callable[[], socket.socket] = cast(Any, super())._connect
        try:
            deadline = Deadline.within_request(MAX_WAIT)
            return run_until(deadline, connect, discard=lambda late: late.close())
        except TimeoutError:
            # redis-py would name the host in its error, and a Unix socket has none.
            raise redis.TimeoutError from None

    def read_response(self, *args: Any, **options: Any) -> Any:
        remaining = Deadline.within_request(self.socket_timeout or MAX_WAIT).remaining
        options["timeout"] = max(_MIN_TIMEOUT, remaining)
        return super().read_response(*args, **options)


def _limit_waits(client: redis.Redis) -> redis.Redis:
    """Let the connections of a client give up at the request's deadline."""
    pool = client.connection_pool
    pool.connection_class = type("Connection", (_DeadlineMixin, pool.connection_class), {})
    return client


def _build_tls_options(url: SessionStoreUrl, access: SessionStoreAccess) -> dict[str, Any]:
    if not url.has_tls:
        return {}
    return {"ssl": True, "ssl_ca_certs": access.ca_file, "ssl_certfile": access.cert_file}

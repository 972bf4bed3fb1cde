"""The Redis client for a session store URL: by TCP, TLS, Unix socket or Sentinel."""

from __future__ import annotations

from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from handoff.settings.session_store_url import SessionStoreAccess, SessionStoreUrl
from handoff.shop_session.store import DEFAULT_TIMEOUT

_SENTINEL_TIMEOUT = 0.5  # seconds; a shopper waits, and there are further Sentinels

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
        sentinel = _connect_sentinels(url, access)
        client: redis.Redis = sentinel.master_for(url.sentinel_master, **options)
        return client
    if url.path:
        return redis.Redis(unix_socket_path=url.path, **options)
    [(host, port)] = url.hosts
    return redis.Redis(host, port, **options)


def _connect_sentinels(url: SessionStoreUrl, access: SessionStoreAccess) -> Any:
    """Return a client of the Sentinels, which asks each of them once."""
    return cast(Any, Sentinel)(  # redis-py declares no types for it
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


def _build_tls_options(url: SessionStoreUrl, access: SessionStoreAccess) -> dict[str, Any]:
    if not url.uses_tls:
        return {}
    return {"ssl": True, "ssl_ca_certs": access.ca_file, "ssl_certfile": access.cert_file}

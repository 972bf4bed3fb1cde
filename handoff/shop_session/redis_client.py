"""Connections to the Redis that an address names: itself, by TLS or socket, or by Sentinel."""

from __future__ import annotations

from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from handoff.settings.session_store_url import SessionStoreAccess, SessionStoreUrl

REDIS_TIMEOUT = 2.0
"""Seconds for which a Redis may think, where a shopper is waiting."""

# RESP2 and no client name: HELLO and CLIENT are rights that writing does not need.
_QUIET: dict[str, Any] = {"protocol": 2, "driver_info": None}


def connect_redis(
    address: SessionStoreUrl, access: SessionStoreAccess, *, patience: float = REDIS_TIMEOUT
) -> redis.Redis:
    """Return a client, which connects to nothing before its first command and never retries.

    `patience` is in seconds: how long it waits for an answer.
    """
    options: dict[str, Any] = {
        **_QUIET,
        **_tls(address, access),
        "db": address.database,
        "username": address.username,
        "password": address.password,
        "socket_connect_timeout": patience / 2,
        "socket_timeout": patience,
        "retry": Retry(NoBackoff(), 0),
    }
    if address.service:
        client: redis.Redis = _sentinel(address, access).master_for(address.service, **options)
        return client
    if address.path:
        return redis.Redis(unix_socket_path=address.path, **options)
    [(host, port)] = address.hosts
    return redis.Redis(host, port, **options)


def _sentinel(address: SessionStoreUrl, access: SessionStoreAccess) -> Any:
    """Ask each Sentinel once and for half a second at most: a shopper waits, and there are more."""
    return cast(Any, Sentinel)(  # its types are not declared
        list(address.hosts),
        sentinel_kwargs={
            **_QUIET,
            **_tls(address, access),
            "username": access.sentinel_username,
            "password": access.sentinel_password,
            "socket_connect_timeout": 0.5,
            "socket_timeout": 0.5,
            "retry": Retry(NoBackoff(), 0),
        },
    )


def _tls(address: SessionStoreUrl, access: SessionStoreAccess) -> dict[str, Any]:
    if not address.tls:
        return {}
    return {"ssl": True, "ssl_ca_certs": access.ca_file, "ssl_certfile": access.cert_file}

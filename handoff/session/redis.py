"""Sessions in Redis, in the layout of Magento's own handler (a hash for each session)."""

from __future__ import annotations

from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from handoff.session.store import SessionStoreError


class RedisSessions:
    """Writes `sess_<id>` hashes. Needs the rights to HSET and EXPIRE on them, and no others."""

    def __init__(self, url: str, *, lifetime: int) -> None:
        self._lifetime = lifetime
        # RESP2 and no client name: HELLO and CLIENT are rights that writing does not need.
        # One retry opens a connection anew that a restart of Redis has cut.
        self._redis = redis.Redis.from_url(
            url,
            protocol=2,
            driver_info=None,
            socket_connect_timeout=1.0,
            socket_timeout=2.0,
            retry=Retry(NoBackoff(), 1),
        )

    def write(self, session_id: str, data: bytes, *, lifetime: int | None = None) -> None:
        """Store the session and its expiry in one round trip."""
        key = f"sess_{session_id}"
        # Magento gives a session ten minutes at its first write, twenty at its second, and the
        # full lifetime from the third on: a shopper who fills in an address needs the latter.
        fields: dict[Any, Any] = {"data": data, "writes": 2 if lifetime is None else 0}
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                pipe.hset(key, mapping=fields)
                pipe.expire(key, lifetime or self._lifetime)
                pipe.execute()
        except redis.RedisError as error:
            raise SessionStoreError(type(error).__name__) from None

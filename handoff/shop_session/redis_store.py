"""Sessions in Redis, in the layout of Magento's own handler (a hash for each session)."""

from __future__ import annotations

from typing import Any

import redis

from handoff.deadline import is_request_over
from handoff.shop_session.session_ids import new_session_id
from handoff.shop_session.store import SessionStoreError


class RedisSessionStore:
    """Writes `sess_<id>` hashes. Needs the rights to HSET and EXPIRE on them, and no others."""

    def __init__(self, client: redis.Redis, *, lifetime: int) -> None:
        self._lifetime = lifetime
        self._redis = client

    def write(self, session_id: str, data: bytes, *, lifetime: int | None = None) -> None:
        """Store the session and its expiry in one round trip."""
        # Magento gives a session ten minutes at its first write, twenty at its second, and the
        # full lifetime from the third on: a shopper who fills in an address needs the latter.
        fields = {"data": data, "writes": 2 if lifetime is None else 0}
        key = f"sess_{session_id}"
        try:
            try:
                self._store(key, fields, lifetime or self._lifetime)
            except (redis.ConnectionError, redis.TimeoutError):
                # A restart has cut the connection, or its Redis is no longer the master. The next
                # one is new; redis-py's own retries would go to the old master again.
                if is_request_over():
                    raise
                self._store(key, fields, lifetime or self._lifetime)
        except redis.RedisError as error:
            raise SessionStoreError(type(error).__name__) from None

    def try_out(self) -> None:
        """Store a session that holds nothing, for a second: there is no right to delete one."""
        self.write(new_session_id(), b"", lifetime=1)

    def _store(self, key: str, fields: dict[Any, Any], lifetime: int) -> None:
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hset(key, mapping=fields)
            pipe.expire(key, lifetime)
            pipe.execute()

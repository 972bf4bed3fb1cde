"""Shop sessions in Redis, in the layout of Magento's own handler: one hash for each session."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis

from handoff.deadline import has_request_deadline_passed
from handoff.shop_session.session_contents import SessionSerializer
from handoff.shop_session.store import SessionStoreError, generate_session_id

REDIS_RULES = ("resetkeys", "~sess_*", "-@all", "+hset", "+hget", "+expire", "+select")
"""The rules of ACL SETUSER for a Redis user that may do no more than this store needs."""

_COMPRESSED = b":gz:"  # Magento's own prefix of long sessions, before zlib's format


class RedisSessionStore:
    """Writes `sess_<id>` hashes. It needs the rights to HSET and EXPIRE on them; HGET only reads.

    `lifetime` is how many seconds a session lives.
    """

    def __init__(
        self, client: redis.Redis, *, lifetime: int, serializer: SessionSerializer = "php"
    ) -> None:
        self.serializer: SessionSerializer = serializer
        self._client = client
        self._lifetime = lifetime

    def add(self, session_id: str, data: bytes, *, lifetime: int | None = None) -> None:
        """Store the session and its expiry in one round trip."""
        # Magento gives a session ten minutes at its first write, twenty at its second, and the
        # full lifetime from the third on. A shopper who fills in an address needs all of it.
        fields = {"data": data, "writes": 2 if lifetime is None else 0}
        key = f"sess_{session_id}"
        with _translate_errors():
            try:
                self._send(key, fields, lifetime or self._lifetime)
            except (redis.ConnectionError, redis.TimeoutError):
                # A restart cut the connection, or its Redis is no longer the master. The second
                # attempt opens a new connection; redis-py's own retries would reuse the old master.
                if has_request_deadline_passed():
                    raise
                self._send(key, fields, lifetime or self._lifetime)

    def remove(self, session_id: str) -> None:
        """Do nothing: such a session was written with a short lifetime, and expires."""

    def read(self, session_id: str) -> bytes | None:
        """Return the session's data, or None if there is none or its compression is unknown."""
        with _translate_errors():
            data = self._client.hget(f"sess_{session_id}", "data")
        if not isinstance(data, bytes):
            return None
        if not data.startswith(_COMPRESSED):
            return data
        try:
            return zlib.decompress(data.removeprefix(_COMPRESSED))
        except zlib.error:
            return None

    def check_writable(self) -> None:
        """Store an empty session for one second, because the Redis user may not delete sessions."""
        self.add(generate_session_id(), b"", lifetime=1)

    def _send(self, key: str, fields: dict[Any, Any], lifetime: int) -> None:
        with self._client.pipeline(transaction=False) as pipe:
            pipe.hset(key, mapping=fields)
            pipe.expire(key, lifetime)
            *_, is_stored = pipe.execute()
        if not is_stored:  # Redis has evicted the session, or was flushed
            raise SessionStoreError("SessionLostError")


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise SessionStoreError for errors of redis-py."""
    try:
        yield
    except SessionStoreError:
        raise
    except redis.RedisError as error:
        raise SessionStoreError(_get_error_name(error)) from None
    except Exception:
        # redis-py raises errors of many types if another program than Redis answers.
        raise SessionStoreError("InvalidResponse") from None


def _get_error_name(error: redis.RedisError) -> str:
    """Return the name of the error, without any value."""
    if isinstance(error.__context__, ssl.SSLCertVerificationError):
        return "CertificateError"
    return type(error).__name__

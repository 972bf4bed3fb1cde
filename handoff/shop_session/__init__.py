"""The shop's web sessions: binding a quote to a new one, in the store where the shop keeps them."""

from __future__ import annotations

from typing import Protocol

from handoff.settings.session_store_url import SessionStoreAccess, SessionStoreUrl
from handoff.shop_session.contents import SessionContents, SessionLogin, encode_contents
from handoff.shop_session.file_store import FileSessionStore
from handoff.shop_session.redis_client import REDIS_TIMEOUT, connect_redis
from handoff.shop_session.redis_store import RedisSessionStore
from handoff.shop_session.session_ids import new_session_id
from handoff.shop_session.store import SessionStoreError

__all__ = [
    "SessionContents",
    "SessionLogin",
    "SessionStore",
    "SessionStoreAccess",
    "SessionStoreError",
    "SessionStoreUrl",
    "create_session",
    "new_session_id",
    "open_session_store",
]


class SessionStore(Protocol):
    """Where the shop keeps its web sessions. It is only ever written to."""

    def write(self, session_id: str, data: bytes, *, lifetime: int | None = None) -> None:
        """Store a new session, or raise SessionStoreError.

        `lifetime` is in seconds, where the session needs less than that of the settings.
        """

    def try_out(self) -> None:
        """Store a session that holds nothing and is gone at once, or raise SessionStoreError."""


def create_session(
    store: SessionStore, binding: SessionContents, *, lifetime: int | None = None
) -> str:
    """Write the binding into a new web session and return its id, a credential."""
    session_id = new_session_id()
    store.write(session_id, encode_contents(binding), lifetime=lifetime)
    return session_id


def open_session_store(
    address: SessionStoreUrl,
    access: SessionStoreAccess,
    *,
    lifetime: int,
    patience: float = REDIS_TIMEOUT,
) -> SessionStore:
    """Return the store at an address.

    `lifetime` is in seconds; so is `patience`, how long an answer may take, twice at most. Nothing
    is connected to before the first write.
    """
    if address.is_files:
        return FileSessionStore(address.path, owner=address.owner)
    return RedisSessionStore(connect_redis(address, access, patience=patience), lifetime=lifetime)

"""The shop's web sessions: binding a quote to a new one, in the store where the shop keeps them."""

from __future__ import annotations

from typing import Protocol

from handoff.session.address import SessionAccess, SessionAddress
from handoff.session.files import FileSessions
from handoff.session.ids import new_session_id
from handoff.session.payload import Binding, Login, encode
from handoff.session.redis import RedisSessions
from handoff.session.servers import PATIENCE, connect
from handoff.session.store import SessionStoreError

__all__ = [
    "Binding",
    "Login",
    "SessionAccess",
    "SessionAddress",
    "SessionStore",
    "SessionStoreError",
    "bind",
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


def bind(store: SessionStore, binding: Binding, *, lifetime: int | None = None) -> str:
    """Write the binding into a new web session and return its id, a credential."""
    session_id = new_session_id()
    store.write(session_id, encode(binding), lifetime=lifetime)
    return session_id


def open_session_store(
    address: SessionAddress, access: SessionAccess, *, lifetime: int, patience: float = PATIENCE
) -> SessionStore:
    """Return the store at an address.

    `lifetime` is in seconds; so is `patience`, how long an answer may take, twice at most. Nothing
    is connected to before the first write.
    """
    if address.is_files:
        return FileSessions(address.path, owner=address.owner)
    return RedisSessions(connect(address, access, patience=patience), lifetime=lifetime)

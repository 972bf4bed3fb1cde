"""Session stores by their address, as a setting has it."""

from __future__ import annotations

from handoff.session import SessionAccess, SessionAddress, SessionStore, open_session_store

NOTHING_ELSE = SessionAccess()


def store_at(url: str, access: SessionAccess = NOTHING_ELSE, *, lifetime: int = 60) -> SessionStore:
    """Open the store at an address; `access` is what else it asks for."""
    return open_session_store(SessionAddress.parse(url), access, lifetime=lifetime)

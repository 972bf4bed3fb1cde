"""Session stores by their address, as a setting has it."""

from __future__ import annotations

from handoff.shop_session import (
    SessionStore,
    SessionStoreAccess,
    SessionStoreUrl,
    open_session_store,
)

NOTHING_ELSE = SessionStoreAccess()


def store_at(
    url: str, access: SessionStoreAccess = NOTHING_ELSE, *, lifetime: int = 60
) -> SessionStore:
    """Open the store at an address; `access` is what else it asks for."""
    return open_session_store(SessionStoreUrl.parse(url), access, lifetime=lifetime)

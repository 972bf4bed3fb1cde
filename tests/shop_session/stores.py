"""Open a session store by its URL."""

from __future__ import annotations

from handoff.settings.session_store_url import SessionStoreAccess, SessionStoreUrl
from handoff.shop_session.store import DEFAULT_TIMEOUT, SessionStore, open_session_store

NO_ACCESS = SessionStoreAccess()


def open_store(
    url: str,
    access: SessionStoreAccess = NO_ACCESS,
    *,
    lifetime: int = 60,
    timeout: float = DEFAULT_TIMEOUT,
) -> SessionStore:
    parsed = SessionStoreUrl.parse(url)
    return open_session_store(parsed, access, lifetime=lifetime, timeout=timeout)

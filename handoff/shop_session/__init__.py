"""The shop's own web sessions: their contents, and the stores to which they are written."""

from __future__ import annotations

from handoff.settings.session_store_url import SessionStoreAccess, SessionStoreUrl
from handoff.shop_session.session_contents import (
    SessionContents,
    SessionLogin,
    build_session_contents,
    find_visitor_id,
)
from handoff.shop_session.store import (
    SessionProvider,
    SessionStore,
    SessionStoreError,
    WrittenSessionProvider,
    create_session,
    generate_session_id,
    open_session_store,
)

__all__ = [
    "SessionContents",
    "SessionLogin",
    "SessionProvider",
    "SessionStore",
    "SessionStoreAccess",
    "SessionStoreError",
    "SessionStoreUrl",
    "WrittenSessionProvider",
    "build_session_contents",
    "create_session",
    "find_visitor_id",
    "generate_session_id",
    "open_session_store",
]

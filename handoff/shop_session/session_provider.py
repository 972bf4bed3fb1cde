"""Provides the session of a used link: the protocol, and the provider that writes a new session."""

from __future__ import annotations

from typing import Protocol

from handoff.ledger.models import Handoff
from handoff.settings.store_view_models import StoreViews
from handoff.shop_session.session_contents import build_session_contents
from handoff.shop_session.store import SessionStore, create_session


class SessionProvider(Protocol):
    """Provides shop sessions for the entry page."""

    def provide_session(self, handoff: Handoff) -> str:
        """Return the id of the handoff's session, a credential, or raise SessionStoreError."""

    def check_and_clean_up(self) -> None:
        """Raise SessionStoreError if no session can be provided; erase those that are due."""


class WrittenSessionProvider:
    """Writes a new session into the shop's session store each time."""

    def __init__(self, store: SessionStore, store_views: StoreViews) -> None:
        self._store = store
        self._store_views = store_views

    def provide_session(self, handoff: Handoff) -> str:
        """Write a session and return its id, a credential. Raises SessionStoreError."""
        return create_session(self._store, build_session_contents(handoff, self._store_views))

    def check_and_clean_up(self) -> None:
        """Store an empty session and delete it at once, or raise SessionStoreError."""
        self._store.check_writable()

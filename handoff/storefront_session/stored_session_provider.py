"""Gives a web view the session that the shop made at the transfer."""

from __future__ import annotations

from handoff.ledger.models import Handoff
from handoff.ledger.stored_session_repository import StoredSessionRepository
from handoff.problems import LedgerUnavailable
from handoff.shop_session.store import SessionStoreError


class StoredSessionProvider:
    """Provides the stored session of each handoff."""

    def __init__(self, sessions: StoredSessionRepository) -> None:
        self._sessions = sessions

    def provide_session(self, handoff: Handoff) -> str:
        """Return the id of the handoff's session, a credential, or raise SessionStoreError."""
        try:
            session_id = self._sessions.find(handoff.id)
        except ValueError:
            # HANDOFF_STORED_SESSION_KEYS lacks the key that was the first at the transfer.
            raise SessionStoreError("stored_session_key_missing") from None
        if session_id is None:
            raise SessionStoreError("no_stored_session")
        return session_id

    def check_and_clean_up(self) -> None:
        """Erase the sessions that no web view can get any more, or raise SessionStoreError."""
        try:
            self._sessions.erase_due_sessions_now()
        except LedgerUnavailable as error:
            raise SessionStoreError(type(error).__name__) from None

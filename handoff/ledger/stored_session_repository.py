"""Shop sessions that wait for their web view: their ids, encrypted, in a table of their own.

A row is erased as soon as no web view can get its session: when the link expires or is superseded,
and when the reopen grace ends. The statements that issue or use a link erase the rows whose time
has come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from handoff.ledger.database import NOW, Database
from handoff.ledger.models import Handoff
from handoff.ledger.tables import stored_session

if TYPE_CHECKING:
    from handoff.storefront_session.session_cipher import SessionIdCipher

_c = stored_session.c
_has_handoff_id = _c.handoff_id == sa.bindparam("id")

IS_TO_ERASE = _c.erase_at <= NOW
"""Whether no web view can get a stored session any more."""

_INSERT = sa.insert(stored_session).values(ends_at=NOW + sa.bindparam("milliseconds_left"))
_FIND = sa.select(_c.ciphertext).where(_has_handoff_id)
_SET_ERASE_TIME = (
    sa.update(stored_session).where(_has_handoff_id).values(erase_at=sa.bindparam("time"))
)
_ERASE = sa.delete(stored_session).where(IS_TO_ERASE)
_ERASE_OF = sa.delete(stored_session).where(_c.handoff_id.in_(sa.bindparam("ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class StorefrontSession:
    """A session that the shop has made, and the seconds for which it lives at least."""

    session_id: str = field(repr=False)
    seconds_left: float


class StoredSessionRepository:
    """The stored sessions of one service; `grace` is the reopen grace in seconds."""

    def __init__(self, database: Database, cipher: SessionIdCipher, *, grace: int) -> None:
        self._database = database
        self._cipher = cipher
        self._grace = grace * 1000

    def add(self, connection: sa.Connection, handoff: Handoff, session: StorefrontSession) -> None:
        """Store the session of a handoff that has just been written."""
        values = {
            "handoff_id": handoff.id,
            "ciphertext": self._cipher.encrypt(session.session_id, handoff_id=handoff.id),
            "milliseconds_left": int(session.seconds_left * 1000),
            "erase_at": handoff.expires_at,
        }
        connection.execute(_INSERT, values)

    def find(self, handoff_id: str) -> str | None:
        """Return the id of a handoff's session, None if there is none. Raises ValueError."""
        with self._database.open_read_connection() as connection:
            return self._find(connection, handoff_id)

    def has_readable_session(self, connection: sa.Connection, handoff_id: str) -> bool:
        """Return whether a handoff has a session, and the keys can decrypt it."""
        try:
            return self._find(connection, handoff_id) is not None
        except ValueError:
            return False

    def move_erase_time(self, connection: sa.Connection, handoff: Handoff) -> None:
        """Set the time to erase a session to the end of its link or, once used, of the grace."""
        time = handoff.expires_at
        if handoff.session_written_at is not None:
            time = handoff.session_written_at + self._grace
        connection.execute(_SET_ERASE_TIME, {"id": handoff.id, "time": time})

    def erase_superseded_sessions(
        self, connection: sa.Connection, handoff_ids: Sequence[str]
    ) -> None:
        """Erase the sessions of handoffs that have just been superseded."""
        connection.execute(_ERASE_OF, {"ids": list(handoff_ids)})

    def erase_due_sessions(self, connection: sa.Connection) -> None:
        """Erase, within a transaction, the sessions that no web view can get any more."""
        connection.execute(_ERASE)

    def erase_due_sessions_now(self) -> None:
        """Erase the sessions that no web view can get any more. Raises LedgerUnavailable."""
        self._database.write(self.erase_due_sessions, durable=False)

    def _find(self, connection: sa.Connection, handoff_id: str) -> str | None:
        ciphertext = connection.execute(_FIND, {"id": handoff_id}).scalar_one_or_none()
        if ciphertext is None:
            return None
        return self._cipher.decrypt(str(ciphertext), handoff_id=handoff_id)

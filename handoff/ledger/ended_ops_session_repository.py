"""The sessions of the ops pages that were ended before their time, by hashes of their ids."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # SQLite has the same ON CONFLICT

from handoff.ledger.database import NOW, Database
from handoff.ledger.tables import ended_ops_session

_c = ended_ops_session.c
_milliseconds: sa.BindParameter[int] = sa.bindparam("milliseconds", type_=sa.BigInteger)
_FIND = sa.select(_c.session_hash).where(_c.session_hash == sa.bindparam("hash"))
_DELETE_EXPIRED = sa.delete(ended_ops_session).where(_c.expires_at <= NOW)
_INSERT = (
    insert(ended_ops_session)
    .values(session_hash=sa.bindparam("hash"), expires_at=NOW + _milliseconds)
    .on_conflict_do_nothing(index_elements=[_c.session_hash])
)


class EndedOpsSessionRepository:
    """The ended sessions of one service; a row stays until the session would end by itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, session_id: str, *, lifetime: int) -> None:
        """End a session for all workers; `lifetime`, in seconds, is that of a session."""
        values = {"hash": _compute_hash(session_id), "milliseconds": lifetime * 1000}

        def work(connection: sa.Connection) -> None:
            connection.execute(_DELETE_EXPIRED)
            connection.execute(_INSERT, values)

        self._database.write(work)

    def is_ended(self, session_id: str) -> bool:
        """Return whether a session is ended."""
        return self._database.fetch_value(_FIND, hash=_compute_hash(session_id)) is not None


def _compute_hash(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()

"""The handoffs as the service writes them: issue or renew, use the link, undo a session write.

One conditional UPDATE decides who uses a link, and the row that it returns is the answer; nothing
is read first. The UPDATE also records that the shop session is written, although that happens a
moment later. If it fails, `undo_session_write` undoes what this use has recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from handoff.ledger.database import NOW, Database
from handoff.ledger.lease_locks import Lease
from handoff.ledger.models import Handoff, NewHandoff, generate_handoff_id
from handoff.ledger.row_parser import (
    UnreadableCallback,
    parse_row,
    parse_rows,
)
from handoff.ledger.stored_session_repository import StoredSessionRepository, StorefrontSession
from handoff.ledger.tables import handoff as handoff_table
from handoff.ledger.tables import stored_session
from handoff.ledger.webhook_outbox_writer import WebhookOutboxWriter
from handoff.problems import RecordUnreadable

MAX_REOPENS = 5
"""How often a web view may reopen its link within the grace, after its session was written."""

HANDOFF_COLUMNS = (*handoff_table.c, NOW.label("read_at"))

# Built once, because building takes longer than running. Each decides itself what has expired.
_c = handoff_table.c
_ttl: sa.BindParameter[int] = sa.bindparam("ttl", type_=sa.BigInteger)
_grace: sa.BindParameter[int] = sa.bindparam("grace", type_=sa.BigInteger)
_first_hash: sa.BindParameter[str] = sa.bindparam("first_hash", type_=sa.String)
_has_id = _c.id == sa.bindparam("handoff_id")
# Without statistics, PostgreSQL takes few handoffs for current ones, and for the condition IS NULL
# reads all rows of a partial index instead of the few with a key. Times are never 0.
_is_current = sa.func.coalesce(_c.superseded_at, 0) == 0
_is_live = sa.and_(_is_current, _c.used_at.is_(None), _c.expires_at > NOW)
_is_same_web_view = _c.web_view_hash.in_(sa.bindparam("hashes", expanding=True))
_can_reopen_without_session = sa.and_(
    _is_same_web_view, _c.session_written_at.is_(None), _c.expires_at > NOW
)
_can_reopen_within_grace = sa.and_(
    _is_same_web_view, _c.session_written_at > NOW - _grace, _c.reopen_count < MAX_REOPENS
)

_FIND = sa.select(*HANDOFF_COLUMNS).where(_has_id)

_is_equal = sa.and_(
    _c.transfer_key == sa.bindparam("key"), _c.content_hash == sa.bindparam("hash"), _is_live
)
_RENEW = (
    sa.update(handoff_table)
    .where(_is_equal)
    .values(expires_at=NOW + _ttl)
    .returning(*HANDOFF_COLUMNS)
)

# A link that lives anew must not outlive the session that is stored for it.
_RENEW_WITH_SESSION = _RENEW.where(
    sa.select(stored_session.c.handoff_id)
    .where(
        stored_session.c.handoff_id == _c.id,
        stored_session.c.ends_at >= NOW + _ttl + _grace,
    )
    .exists()
)

# The facts about a customer that may have changed since an equal transfer.
_RENEWED = (_c.customer_group_id, _c.visitor_id, _c.customer_tax)
_is_current_of_transfer_or_quote = sa.and_(
    _is_current,
    sa.or_(_c.transfer_key == sa.bindparam("key"), _c.quote_number == sa.bindparam("quote")),
)
# Equal content has the same quote. So this renews one handoff, or it supersedes all that it finds.
_RENEW_OR_SUPERSEDE = (
    sa.update(handoff_table)
    .where(_is_current_of_transfer_or_quote)
    .values(
        superseded_at=sa.case((_is_equal, sa.null()), else_=NOW),
        expires_at=sa.case((_is_equal, NOW + _ttl), else_=_c.expires_at),
        **{
            column.name: sa.case(
                (_is_equal, sa.bindparam(f"new_{column.name}", type_=column.type)), else_=column
            )
            for column in _RENEWED
        },
    )
    .returning(*HANDOFF_COLUMNS)
)

_SUPERSEDE_CURRENT = (
    sa.update(handoff_table)
    .where(_is_current_of_transfer_or_quote)
    .values(superseded_at=NOW)
    .returning(_c.id)
)

_SUPERSEDE = sa.update(handoff_table).where(_has_id).values(superseded_at=NOW)

_INSERT = (
    sa.insert(handoff_table)
    .values(issued_at=NOW, expires_at=NOW + _ttl, reopen_count=0)
    .returning(*HANDOFF_COLUMNS)
)

_USE_LINK = (
    sa.update(handoff_table)
    .where(
        _has_id,
        _is_current,
        sa.or_(
            sa.and_(_is_live, _first_hash.is_not(None)),
            _can_reopen_without_session,
            _can_reopen_within_grace,
        ),
    )
    .values(
        used_at=sa.func.coalesce(_c.used_at, NOW),
        session_written_at=sa.func.coalesce(_c.session_written_at, NOW),
        web_view_hash=sa.func.coalesce(_c.web_view_hash, _first_hash),
        reopen_count=sa.case(
            (_c.session_written_at.is_(None), _c.reopen_count), else_=_c.reopen_count + 1
        ),
        reopened_at=sa.case((_c.session_written_at.is_(None), _c.reopened_at), else_=NOW),
    )
    .returning(*HANDOFF_COLUMNS)
)

_USE_LINK_UNLESS_OF_STORES = _USE_LINK.where(
    _c.store_code.not_in(sa.bindparam("other_stores", expanding=True))
)

# A use that reopened the link has recorded one reopening, and the first use all of the rest.
_UNDO_SESSION_WRITE = (
    sa.update(handoff_table)
    .where(_has_id, _c.session_written_at == sa.bindparam("written_at"))
    .values(
        session_written_at=sa.case((_c.reopen_count == 0, sa.null()), else_=_c.session_written_at),
        reopen_count=sa.case((_c.reopen_count == 0, 0), else_=_c.reopen_count - 1),
        reopened_at=sa.case((_c.reopen_count <= 1, sa.null()), else_=_c.reopened_at),
    )
    .returning(*HANDOFF_COLUMNS)
)


class HandoffRepository:
    """The handoffs of one service; `ttl` and `grace` are in seconds.

    `outbox` is None if no webhook is configured. `sessions` keeps the sessions that the shop itself
    makes, and is None if the service writes them.
    """

    def __init__(
        self,
        database: Database,
        *,
        ttl: int,
        grace: int,
        outbox: WebhookOutboxWriter | None = None,
        sessions: StoredSessionRepository | None = None,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._sessions = sessions
        self._ttl = ttl * 1000
        self._grace = grace * 1000

    def renew(self, lease: Lease, *, transfer_key: str, content_hash: str) -> Handoff | None:
        """Give the live handoff of an equal transfer a new lifetime, and release the lease.

        Returns None and keeps the lease if there is no such handoff, or if its stored session
        would end too early or cannot be decrypted. Raises LeaseLost.
        """

        values = {"key": transfer_key, "hash": content_hash, "ttl": self._ttl}
        statement = _RENEW
        if self._sessions is not None:
            statement, values = _RENEW_WITH_SESSION, values | {"grace": self._grace}

        def work(connection: sa.Connection) -> Handoff | None:
            found = self._renew_or_supersede_unreadable(connection, statement, values)
            renewed = next(iter(found), None)
            if renewed is not None and self._sessions is not None:
                if not self._sessions.has_readable_session(connection, renewed.id):
                    return None
                self._sessions.move_erase_time(connection, renewed)
            if renewed is not None:
                lease.release(connection)
            return renewed

        renewed = self._database.write(work)
        lease.is_released = renewed is not None
        return renewed

    def issue_or_renew(
        self, lease: Lease, new: NewHandoff, session: StorefrontSession | None = None
    ) -> Handoff:
        """Renew the live handoff of an equal transfer, or write a new one; release the lease.

        A new one supersedes the current handoffs of its transfer and of its quote. If the shop
        made a session for the transfer, the handoff is always new. Raises LeaseLost, and writes
        nothing, if another process has taken over the transfer.
        """

        def work(connection: sa.Connection) -> Handoff:
            lease.release(connection)
            if session is not None and self._sessions is not None:
                return self._insert_with_session(connection, new, session, self._sessions)
            return self._renew_or_supersede(connection, new) or self._insert(connection, new)

        issued = self._database.write(work)
        lease.is_released = True
        return issued

    def find(self, handoff_id: str) -> Handoff | None:
        """Return the handoff with this id, or None; raise RecordUnreadable."""
        with self._database.open_read_connection() as connection:
            return self._fetch_handoff(connection, _FIND, handoff_id=handoff_id)

    def find_by_transfer_key(self, key: str) -> list[Handoff]:
        """Return all handoffs of a transfer, superseded ones too; raise RecordUnreadable."""
        statement = sa.select(*HANDOFF_COLUMNS).where(_c.transfer_key == key)
        return [parse_row(Handoff, row) for row in self._database.fetch_rows(statement)]

    def use_link(
        self, handoff_id: str, web_view_hashes: Sequence[str], *, other_stores: Sequence[str] = ()
    ) -> Handoff | None:
        """Use the link for the first web view, or reopen it for the one that has used it.

        A web view without a hash cannot use a link, and nobody can use those of `other_stores`,
        which are codes of store views. Returns the handoff as it is afterwards, or None if the web
        view may not enter. It says that the shop session is written: call `undo_session_write` if
        that fails.
        """
        values = {
            "handoff_id": handoff_id,
            "grace": self._grace,
            "hashes": list(web_view_hashes),
            "first_hash": next(iter(web_view_hashes), None),
        }
        statement = _USE_LINK
        if other_stores:
            statement = _USE_LINK_UNLESS_OF_STORES
            values |= {"other_stores": list(other_stores)}

        def work(connection: sa.Connection) -> Handoff | None:
            used = self._fetch_handoff(connection, statement, **values)
            if self._sessions is not None:
                if used is not None:
                    self._sessions.move_erase_time(connection, used)
                self._sessions.erase_due_sessions(connection)
            if self._outbox and used is not None and used.reopen_count == 0:
                self._outbox.add_opened_event(connection, used)
            return used

        return self._database.write(work)

    def can_reopen_link(self, handoff: Handoff, web_view_hashes: Sequence[str]) -> bool:
        """Return whether `use_link` would let one of these web views reopen the link."""
        if handoff.web_view_hash not in web_view_hashes or handoff.superseded_at is not None:
            return False
        if handoff.session_written_at is None:
            return handoff.expires_at > handoff.read_at
        is_within_grace = handoff.session_written_at > handoff.read_at - self._grace
        return is_within_grace and handoff.reopen_count < MAX_REOPENS

    def undo_session_write(self, used: Handoff) -> None:
        """Undo what this use recorded about its session write; keep the record of another use.

        `used` is the answer of `use_link`. Without any session, the web view may return until the
        link expires.
        """
        values = {"handoff_id": used.id, "written_at": used.session_written_at}

        def work(connection: sa.Connection) -> None:
            undone = self._fetch_handoff(connection, _UNDO_SESSION_WRITE, **values)
            if undone is not None and self._sessions is not None:
                self._sessions.move_erase_time(connection, undone)

        self._database.write(work, durable=False)

    def _renew_or_supersede(self, connection: sa.Connection, new: NewHandoff) -> Handoff | None:
        """Return the live handoff that equals a new one, with a new lifetime; None if there is
        none, and then the others of its transfer and its quote are superseded."""
        values = {
            "key": new.transfer_key,
            "hash": new.content_hash,
            "quote": new.quote_number,
            "ttl": self._ttl,
            **{f"new_{column.name}": getattr(new, column.name) for column in _RENEWED},
        }
        found = self._renew_or_supersede_unreadable(connection, _RENEW_OR_SUPERSEDE, values)
        return next((each for each in found if each.superseded_at is None), None)

    def _renew_or_supersede_unreadable(
        self, connection: sa.Connection, statement: sa.Update, values: dict[str, Any]
    ) -> list[Handoff]:
        """Return the handoffs of an UPDATE that may renew one; supersede those it cannot read."""
        renewed = []
        for row in connection.execute(statement, values).mappings().all():
            try:
                renewed.append(parse_row(Handoff, row))
            except RecordUnreadable:
                connection.execute(_SUPERSEDE, {"handoff_id": row["id"]})
        return renewed

    def _insert_with_session(
        self,
        connection: sa.Connection,
        new: NewHandoff,
        session: StorefrontSession,
        sessions: StoredSessionRepository,
    ) -> Handoff:
        values = {"key": new.transfer_key, "quote": new.quote_number}
        superseded = connection.execute(_SUPERSEDE_CURRENT, values)
        sessions.erase_superseded_sessions(connection, list(superseded.scalars()))
        inserted = self._insert(connection, new)
        sessions.add(connection, inserted, session)
        sessions.erase_due_sessions(connection)
        return inserted

    def _insert(self, connection: sa.Connection, new: NewHandoff) -> Handoff:
        values = {field.name: getattr(new, field.name) for field in fields(new)}
        values |= {"id": generate_handoff_id(), "ttl": self._ttl}
        values |= {"expiry_event": "due" if self._outbox else None}
        return parse_row(Handoff, connection.execute(_INSERT, values).mappings().one())

    def _fetch_handoff(
        self, connection: sa.Connection, statement: sa.Executable, **values: Any
    ) -> Handoff | None:
        row = connection.execute(statement, values).mappings().first()
        return None if row is None else parse_row(Handoff, row)


def read_handoffs(
    database: Database, statement: sa.Select[Any], on_unreadable: UnreadableCallback
) -> list[Handoff]:
    """Return the handoffs of a SELECT of HANDOFF_COLUMNS that can be read."""
    return parse_rows(Handoff, database.fetch_rows(statement), on_unreadable)


def iterate_handoffs(
    database: Database,
    *conditions: sa.ColumnElement[bool],
    order_by: tuple[sa.Column[Any], ...],
    page_size: int,
    on_unreadable: UnreadableCallback,
) -> Iterator[list[Handoff]]:
    """Yield pages of handoffs in the order of an index, each handoff that can be read once."""
    statement = sa.select(*HANDOFF_COLUMNS).where(*conditions).order_by(*order_by).limit(page_size)
    page = statement
    while True:
        rows = database.fetch_rows(page)
        if not rows:
            return
        yield parse_rows(Handoff, rows, on_unreadable)
        last = tuple(rows[-1][column.name] for column in order_by)
        page = statement.where(sa.tuple_(*order_by) > last)

"""The block on an administrator's login that the shop has refused, for all workers and hosts.

Magento locks an account for 30 minutes after six failures. So one process tries a login, and after
a refusal none tries it again for longer than that. A process that has read its settings after the
refusal may try once at once, since somebody may have corrected the account in the shop. There are
only a few such tries, because many hosts may restart one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # SQLite has the same ON CONFLICT

from handoff.deadline import Deadline
from handoff.ledger.database import MAX_STATEMENT_AGE, NOW, Database
from handoff.ledger.lease_locks import Leases
from handoff.ledger.tables import login_block

_MAX_REFUSALS = 3  # within one block; Magento locks an account at six
_MAX_ATTEMPT = 60  # seconds; no request lasts longer

_c = login_block.c
_milliseconds: sa.BindParameter[int] = sa.bindparam("milliseconds", type_=sa.BigInteger)
_settings_age: sa.BindParameter[int] = sa.bindparam("settings_age", type_=sa.BigInteger)
_is_blocked = sa.and_(
    _c.login_hash == sa.bindparam("login_hash"),
    _c.expires_at > NOW,
    _c.blocked_at <= NOW + MAX_STATEMENT_AGE,  # else the clock was set back since
)

_FIND_BLOCK = sa.select(_c.refusal_count).where(_is_blocked)
_FIND_BLOCK_FOR_SETTINGS = _FIND_BLOCK.where(
    sa.or_(_c.refusal_count >= _MAX_REFUSALS, _c.blocked_at > NOW - _settings_age)
)
_DELETE_EXPIRED = sa.delete(login_block).where(_c.expires_at <= NOW)

_new = insert(login_block).values(
    login_hash=sa.bindparam("login_hash"),
    blocked_at=NOW,
    expires_at=NOW + _milliseconds,
    refusal_count=1,
)
_BLOCK = _new.on_conflict_do_update(
    index_elements=[_c.login_hash],
    set_={
        "blocked_at": _new.excluded.blocked_at,
        "expires_at": _new.excluded.expires_at,
        "refusal_count": _c.refusal_count + 1,
    },
)


class LedgerLoginBlock:
    """The block on one login, which `login_hash` names without giving its password away."""

    def __init__(self, database: Database, *, login_hash: str, settings_read_at: float) -> None:
        """`settings_read_at` is the time at which this process, or the process that forked it,
        read the settings, in seconds of the monotonic clock."""
        self._database = database
        self._leases = Leases(database, seconds=_MAX_ATTEMPT)
        self._login_hash = login_hash
        self._settings_read_at = settings_read_at

    @contextmanager
    def hold_login_attempt(self, deadline: Deadline) -> Iterator[bool]:
        """Let one process at a time try the login; yields False if none may try it now."""
        if self._has_row(_FIND_BLOCK_FOR_SETTINGS):
            yield False
            return
        with self._leases.acquire(f"login:{self._login_hash}", deadline) as lease:
            yield lease is not None and not self._has_row(_FIND_BLOCK_FOR_SETTINGS)

    def is_set(self) -> bool:
        """Return whether the shop has refused the login, and the block has not ended."""
        return self._has_row(_FIND_BLOCK)

    def set(self, seconds: float) -> None:
        """Block the login for all processes, after the shop has refused it."""
        values = {"login_hash": self._login_hash, "milliseconds": int(seconds * 1000)}

        def work(connection: sa.Connection) -> None:
            connection.execute(_DELETE_EXPIRED)
            connection.execute(_BLOCK, values)

        self._database.write(work)

    def _has_row(self, statement: sa.Executable) -> bool:
        age = int((time.monotonic() - self._settings_read_at) * 1000)
        values = {"login_hash": self._login_hash, "settings_age": age}
        return self._database.fetch_value(statement, **values) is not None

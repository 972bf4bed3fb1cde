"""Leases: one process at a time works on a transfer, and the others wait for its result.

A lease ends at a fixed time, a little later than a transfer may take. So a process that dies blocks
an equal transfer until then, and one that was frozen for longer finds that it has lost the lease.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # SQLite has the same ON CONFLICT

from handoff.deadline import Deadline
from handoff.ledger.database import NOW, Database, build_ended_condition
from handoff.ledger.tables import lease as lease_table

_POLL = 0.02  # seconds between two checks of a lease that another process holds
_c = lease_table.c
_milliseconds = sa.bindparam("milliseconds", type_=sa.BigInteger)
_is_over = build_ended_condition(_c.expires_at, _milliseconds)
_is_held = sa.and_(_c.key_hash == sa.bindparam("key_hash"), sa.not_(_is_over))
_is_own = sa.and_(_c.key_hash == sa.bindparam("key_hash"), _c.holder == sa.bindparam("holder"))

_new = insert(lease_table).values(
    key_hash=sa.bindparam("key_hash"),
    holder=sa.bindparam("holder"),
    expires_at=NOW + _milliseconds,
)
_ACQUIRE = _new.on_conflict_do_update(
    index_elements=[_c.key_hash],
    set_={"holder": _new.excluded.holder, "expires_at": _new.excluded.expires_at},
    where=sa.or_(_is_over, _c.holder == _new.excluded.holder),
).returning(_c.key_hash)
_FIND_HELD = sa.select(_c.key_hash).where(_is_held)
_DELETE = sa.delete(lease_table).where(_is_own)


class LeaseLost(Exception):
    """The lease has ended, for example on a frozen machine, and another process has taken over."""


@dataclass(slots=True)
class Lease:
    """The right to work on a transfer, until it is released."""

    key: str
    holder: str
    is_released: bool = False

    def release(self, connection: sa.Connection) -> None:
        """Delete the lease in the transaction that writes the result, or raise LeaseLost."""
        if not self.delete_if_own(connection):
            raise LeaseLost

    def delete_if_own(self, connection: sa.Connection) -> bool:
        """Delete the lease, and return whether it was still ours."""
        values = {"key_hash": self.key, "holder": self.holder}
        return bool(connection.execute(_DELETE, values).rowcount)


class Leases:
    """The leases of one ledger, each for `seconds`. No holder survives a power failure, so they
    are not durable."""

    def __init__(self, database: Database, *, seconds: float) -> None:
        self._database = database
        self._milliseconds = int(seconds * 1000)

    @contextmanager
    def acquire(self, key: str, deadline: Deadline) -> Iterator[Lease | None]:
        """Hold the lease of a key for the block; yields None if it was not free in time."""
        lease = Lease(key, secrets.token_hex(16))
        while not self._try_to_acquire_or_extend(lease):
            while self._is_held(key):
                if deadline.has_passed:
                    yield None
                    return
                time.sleep(_POLL)
        try:
            yield lease
        finally:
            if not lease.is_released:
                self._database.write(lease.delete_if_own, durable=False)

    def extend(self, lease: Lease) -> None:
        """Let the lease end `seconds` from now, or raise LeaseLost."""
        if not self._try_to_acquire_or_extend(lease):
            raise LeaseLost

    def _try_to_acquire_or_extend(self, lease: Lease) -> bool:
        values = {
            "key_hash": lease.key,
            "holder": lease.holder,
            "milliseconds": self._milliseconds,
        }
        return self._database.write(
            lambda connection: connection.execute(_ACQUIRE, values).first() is not None,
            durable=False,
        )

    def _is_held(self, key: str) -> bool:
        values = {"key_hash": key, "milliseconds": self._milliseconds}
        return self._database.fetch_value(_FIND_HELD, **values) is not None

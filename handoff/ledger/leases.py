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
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Connection,
    Executable,
    bindparam,
    delete,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from handoff.deadline import Deadline
from handoff.ledger.database import Database
from handoff.ledger.database_clock import NOW
from handoff.ledger.tables import lease as lease_table

_POLL = 0.02  # seconds between two looks at a lease that another process holds
_c = lease_table.c
_end = NOW + bindparam("milliseconds", type_=BigInteger)
_key: BindParameter[str] = bindparam("lease_key")
_holder: BindParameter[str] = bindparam("lease_holder")


def _build_acquire(insert: Any) -> Executable:
    new = insert(lease_table).values(key=_key, holder=_holder, expires_at=_end)
    acquire: Executable = new.on_conflict_do_update(
        index_elements=[_c.key],
        set_={"holder": new.excluded.holder, "expires_at": new.excluded.expires_at},
        where=_c.expires_at <= NOW,
    ).returning(_c.key)
    return acquire


_ACQUIRE = {
    "sqlite": _build_acquire(sqlite.insert),
    "postgresql": _build_acquire(postgresql.insert),
}
_FIND_HELD = select(_c.key).where(_c.key == _key, _c.expires_at > NOW)
_EXTEND = update(lease_table).where(_c.key == _key, _c.holder == _holder).values(expires_at=_end)
_DELETE = delete(lease_table).where(_c.key == _key, _c.holder == _holder)


class LeaseLost(Exception):
    """The lease has ended, for example on a frozen machine, and another process has taken over."""


@dataclass(slots=True)
class Lease:
    """The right to work on a transfer, until it is released."""

    key: str
    holder: str
    is_released: bool = False

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of a statement about this lease."""
        return {"lease_key": self.key, "lease_holder": self.holder}

    def release(self, connection: Connection) -> None:
        """Delete the lease in the transaction that writes the result, or raise LeaseLost."""
        if not connection.execute(_DELETE, self.parameters).rowcount:
            raise LeaseLost


class Leases:
    """The leases of one ledger, each for `seconds`. They are not durable: no holder survives a
    power failure."""

    def __init__(self, database: Database, *, seconds: float) -> None:
        self._database = database
        self._milliseconds = int(seconds * 1000)

    @contextmanager
    def acquire(self, key: str, deadline: Deadline) -> Iterator[Lease | None]:
        """Hold the lease of a key for the block; yields None if it was not free in time."""
        lease = Lease(key, secrets.token_hex(16))
        while not self._try_acquire(lease):
            while self._is_held(key):
                if deadline.has_passed:
                    yield None
                    return
                time.sleep(_POLL)
        try:
            yield lease
        finally:
            if not lease.is_released:
                self._database.write(
                    lambda connection: connection.execute(_DELETE, lease.parameters), durable=False
                )

    def extend(self, lease: Lease) -> None:
        """Let the lease end `seconds` from now, or raise LeaseLost."""
        values = {**lease.parameters, **self._end_parameters}
        if not self._database.write(
            lambda connection: connection.execute(_EXTEND, values).rowcount, durable=False
        ):
            raise LeaseLost

    def _try_acquire(self, lease: Lease) -> bool:
        values = {**lease.parameters, **self._end_parameters}
        return self._database.write(
            lambda connection: (
                connection.execute(_ACQUIRE[connection.dialect.name], values).first() is not None
            ),
            durable=False,
        )

    def _is_held(self, key: str) -> bool:
        values = {"lease_key": key, **self._database.now_parameter}
        with self._database.reading() as connection:
            return connection.execute(_FIND_HELD, values).first() is not None

    @property
    def _end_parameters(self) -> dict[str, int | None]:
        return {"milliseconds": self._milliseconds, **self._database.now_parameter}

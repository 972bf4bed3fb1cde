"""Claims: who works on a transfer. One at a time does; the others wait for the outcome."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from handoff.ledger.database import Database
from handoff.ledger.database_clock import NOW, Clock, now_parameter
from handoff.ledger.statements import RawConnection, Statement
from handoff.ledger.tables import lease
from handoff.problems import LedgerUnavailable

_LEASE = 3_000  # milliseconds; a claim whose process died is free after that
_BEAT = 1.0  # seconds between renewals, of all claims of this process at once
_POLL = 0.02  # seconds between two looks at somebody else's claim


# None of these need outlive a power cut: whoever held the claim is gone with it.
def _taking(insert: Any) -> Executable:
    new = insert(lease).values(
        key=bindparam("the_key"), holder=bindparam("the_holder"), expires_at=NOW + _LEASE
    )
    unless_held = new.on_conflict_do_update(
        index_elements=[lease.c.key],
        set_={"holder": new.excluded.holder, "expires_at": new.excluded.expires_at},
        where=lease.c.expires_at <= NOW,
    )
    taken: Executable = unless_held.returning(lease.c.key)
    return taken


_TAKE = Statement(sqlite=_taking(sqlite.insert), postgresql=_taking(postgresql.insert))
_LIVE = Statement(
    select(lease.c.key).where(lease.c.key == bindparam("the_key"), lease.c.expires_at > NOW)
)
_KEEP = (
    update(lease)
    .where(lease.c.holder.in_(bindparam("holders", expanding=True)))
    .values(expires_at=NOW + _LEASE)
)
_DELETE = Statement(
    delete(lease)
    .where(lease.c.key == bindparam("the_key"), lease.c.holder == bindparam("the_holder"))
    .returning(lease.c.key)
)


class LeaseLost(Exception):
    """The lease ran out, on a stalled machine say, and somebody else has taken over."""


@dataclass(slots=True)
class Lease:
    """The right to work on a transfer, until it is settled or the block that holds it ends."""

    key: str
    holder: str
    settled: bool = False

    def settle(self, connection: RawConnection) -> None:
        """Give the claim up within the transaction that writes its outcome, or raise ClaimLost."""
        if not self.delete(connection):
            raise LeaseLost

    def delete(self, connection: RawConnection) -> bool:
        """Remove the claim where it is still ours, and return whether it was."""
        values = {"the_key": self.key, "the_holder": self.holder}
        return bool(_DELETE.run(connection, values))


class Leases:
    """The claims that this process holds, kept alive until they are released."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Take a clock where not the database's own is to count."""
        self._database = database
        self._clock = clock
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._beat: threading.Thread | None = None

    @contextmanager
    def hold(self, key: str, *, give_up: Callable[[], bool]) -> Iterator[Lease | None]:
        """Wait in line for the claim on a key, and hold it for the length of the block.

        Yields None instead when `give_up()` became true while waiting.
        """
        taken = Lease(key, secrets.token_hex(16))
        while not self._take(taken):
            while self._is_taken(key):
                if give_up():
                    yield None
                    return
                time.sleep(_POLL)
        self._keep(taken)
        try:
            yield taken
        finally:
            with self._lock:
                self._held.discard(taken.holder)
            if not taken.settled:
                self._give_up(taken)

    def _take(self, wanted: Lease) -> bool:
        values = {"the_key": wanted.key, "the_holder": wanted.holder, **now_parameter(self._clock)}
        return self._database.write_raw(
            lambda connection: bool(_TAKE.run(connection, values)), durable=False
        )

    def _is_taken(self, key: str) -> bool:
        values = {"the_key": key, **now_parameter(self._clock)}
        with self._database.reading_raw() as connection:
            return bool(_LIVE.run(connection, values))

    def _give_up(self, taken: Lease) -> None:
        self._database.write_raw(taken.delete, durable=False)

    def _keep(self, taken: Lease) -> None:
        with self._lock:
            self._held.add(taken.holder)
            if self._beat is None:
                self._beat = threading.Thread(target=self._renew, name="claims", daemon=True)
                self._beat.start()

    def _renew(self) -> None:
        """Renew what is held once a second, and end when that is nothing."""
        while True:
            time.sleep(_BEAT)
            with self._lock:
                held = tuple(self._held)
                if not held:
                    self._beat = None
                    return
            try:
                with self._database.writing(durable=False) as connection:
                    connection.execute(_KEEP, {"holders": held, **now_parameter(self._clock)})
            except LedgerUnavailable:
                continue  # the next beat may work; if none does, the claim is lost and that shows

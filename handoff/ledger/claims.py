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

from handoff.errors import LedgerUnavailable
from handoff.ledger.clock import NOW, Clock, time_of
from handoff.ledger.database import Database
from handoff.ledger.schema import claim
from handoff.ledger.statements import RawConnection, Statement

_LEASE = 3_000  # milliseconds; a claim whose process died is free after that
_BEAT = 1.0  # seconds between renewals, of all claims of this process at once
_POLL = 0.02  # seconds between two looks at somebody else's claim


# None of these need outlive a power cut: whoever held the claim is gone with it.
def _taking(insert: Any) -> Executable:
    new = insert(claim).values(
        key=bindparam("the_key"), holder=bindparam("the_holder"), lease_until=NOW + _LEASE
    )
    unless_held = new.on_conflict_do_update(
        index_elements=[claim.c.key],
        set_={"holder": new.excluded.holder, "lease_until": new.excluded.lease_until},
        where=claim.c.lease_until <= NOW,
    )
    taken: Executable = unless_held.returning(claim.c.key)
    return taken


_TAKE = Statement(sqlite=_taking(sqlite.insert), postgresql=_taking(postgresql.insert))
_LIVE = Statement(
    select(claim.c.key).where(claim.c.key == bindparam("the_key"), claim.c.lease_until > NOW)
)
_KEEP = (
    update(claim)
    .where(claim.c.holder.in_(bindparam("holders", expanding=True)))
    .values(lease_until=NOW + _LEASE)
)
_DELETE = Statement(
    delete(claim)
    .where(claim.c.key == bindparam("the_key"), claim.c.holder == bindparam("the_holder"))
    .returning(claim.c.key)
)


class ClaimLost(Exception):
    """The lease ran out, on a stalled machine say, and somebody else has taken over."""


@dataclass(slots=True)
class Claim:
    """The right to work on a transfer, until it is settled or the block that holds it ends."""

    key: str
    holder: str
    settled: bool = False

    def settle(self, connection: RawConnection) -> None:
        """Give the claim up within the transaction that writes its outcome, or raise ClaimLost."""
        if not self.delete(connection):
            raise ClaimLost

    def delete(self, connection: RawConnection) -> bool:
        """Remove the claim where it is still ours, and return whether it was."""
        values = {"the_key": self.key, "the_holder": self.holder}
        return bool(_DELETE.run(connection, values))


class Claims:
    """The claims that this process holds, kept alive until they are released."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Take a clock where not the database's own is to count."""
        self._database = database
        self._clock = clock
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._beat: threading.Thread | None = None

    @contextmanager
    def hold(self, key: str, *, give_up: Callable[[], bool]) -> Iterator[Claim | None]:
        """Wait in line for the claim on a key, and hold it for the length of the block.

        Yields None instead when `give_up()` became true while waiting.
        """
        taken = Claim(key, secrets.token_hex(16))
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

    def _take(self, wanted: Claim) -> bool:
        values = {"the_key": wanted.key, "the_holder": wanted.holder, **time_of(self._clock)}
        return self._database.write_raw(
            lambda connection: bool(_TAKE.run(connection, values)), durable=False
        )

    def _is_taken(self, key: str) -> bool:
        values = {"the_key": key, **time_of(self._clock)}
        with self._database.reading_raw() as connection:
            return bool(_LIVE.run(connection, values))

    def _give_up(self, taken: Claim) -> None:
        self._database.write_raw(taken.delete, durable=False)

    def _keep(self, taken: Claim) -> None:
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
                    connection.execute(_KEEP, {"holders": held, **time_of(self._clock)})
            except LedgerUnavailable:
                continue  # the next beat may work; if none does, the claim is lost and that shows

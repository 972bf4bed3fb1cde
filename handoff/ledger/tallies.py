"""Tallies: how often something has happened within this minute, for all processes and hosts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Executable, bindparam, case, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from handoff.ledger.database import Database
from handoff.ledger.database_clock import NOW, Clock, now_parameter
from handoff.ledger.statements import Row, Statement
from handoff.ledger.tables import tally

_MINUTE = 60_000  # milliseconds; minutes are those of the clock, and numbered since 1970

_minute = NOW // bindparam("minute_length", _MINUTE, type_=BigInteger)


def _adding(insert: Any) -> Executable:
    new = insert(tally).values(
        key=bindparam("the_key"), minute=_minute, count=bindparam("the_amount")
    )
    so_far = case((tally.c.minute == new.excluded.minute, tally.c.count), else_=0)
    adding: Executable = new.on_conflict_do_update(
        index_elements=[tally.c.key],
        set_={"minute": new.excluded.minute, "count": so_far + new.excluded.count},
    ).returning(tally.c.count, NOW)
    return adding


_ADD = Statement(sqlite=_adding(sqlite.insert), postgresql=_adding(postgresql.insert))
_READ = Statement(
    select(tally.c.count, NOW).where(tally.c.key == bindparam("the_key"), tally.c.minute == _minute)
)
_FORGET = delete(tally).where(tally.c.minute < _minute)


@dataclass(frozen=True, slots=True)
class Tally:
    """How often, and the milliseconds until this minute is over."""

    count: int
    remaining: int


class Tallies:
    """The tallies of one ledger. They are not durable: a power cut may lose some."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Take a clock where not the database's own is to count."""
        self._database = database
        self._clock = clock

    def add(self, key: str, amount: int) -> Tally:
        """Add to a tally and return it, or raise LedgerUnavailable. Takes keys of 64 characters."""
        values = {"the_key": key, "the_amount": amount, **now_parameter(self._clock)}
        [row] = self._database.write_raw(
            lambda connection: _ADD.run(connection, values), durable=False
        )
        return _tally(row)

    def read(self, key: str) -> Tally | None:
        """Return a tally, or None where nothing has happened in this minute.

        Raises LedgerUnavailable.
        """
        values = {"the_key": key, **now_parameter(self._clock)}
        with self._database.reading_raw() as connection:
            rows = _READ.run(connection, values)
        return _tally(rows[0]) if rows else None

    def forget(self) -> int:
        """Delete the tallies of earlier minutes, and return how many there were."""
        return self._database.write(
            lambda connection: connection.execute(_FORGET, now_parameter(self._clock)).rowcount,
            durable=False,
        )


def _tally(row: Row) -> Tally:
    count, now = row
    return Tally(count, _MINUTE - now % _MINUTE)

"""Counts the tries to sign in to the ops pages, for all workers and hosts together.

They share the table `login_block` with the logins that the shop has refused: one row for each
address that tries, named by a hash, and one for all addresses together. A row counts wrong
passwords until its period ends.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # SQLite has the same ON CONFLICT

from handoff.ledger.database import NOW, Database, build_ended_condition
from handoff.ledger.tables import login_block

_c = login_block.c
_milliseconds: sa.BindParameter[int] = sa.bindparam("milliseconds", type_=sa.BigInteger)
_is_over = build_ended_condition(_c.expires_at, _milliseconds)
_is_counted = sa.and_(_c.login_hash == sa.bindparam("key"), sa.not_(_is_over))

_FIND = sa.select(_c.refusal_count, (_c.expires_at - NOW).label("left")).where(_is_counted)
_UNCOUNT = (
    sa.update(login_block)
    .where(_c.login_hash == sa.bindparam("key"), _c.refusal_count > 0)
    .values(refusal_count=_c.refusal_count - 1)
)
_DELETE_EXPIRED = sa.delete(login_block).where(_c.expires_at <= NOW)
_new = insert(login_block).values(
    login_hash=sa.bindparam("key"),
    blocked_at=NOW,
    expires_at=NOW + _milliseconds,
    refusal_count=1,
)
_COUNT = _new.on_conflict_do_update(
    index_elements=[_c.login_hash],
    set_={
        "blocked_at": sa.case((_is_over, _new.excluded.blocked_at), else_=_c.blocked_at),
        "expires_at": sa.case((_is_over, _new.excluded.expires_at), else_=_c.expires_at),
        "refusal_count": sa.case((_is_over, 1), else_=_c.refusal_count + 1),
    },
).returning(_c.refusal_count, _c.expires_at - NOW)


@dataclass(frozen=True, slots=True)
class TryLimit:
    """How many wrong passwords are allowed within a period, which begins with the first."""

    count: int
    seconds: int


class OpsSignInTries:
    """The tries to sign in to one service."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count_try_or_get_wait(self, limits: Mapping[str, TryLimit]) -> int:
        """Count a try before its password is compared; return the seconds to wait, 0 if allowed.

        `limits` are by the key of a row. If one of them is used up, nothing is counted. Raises
        LedgerUnavailable.
        """
        wait = self._get_wait(limits)
        return wait or self._database.write(
            lambda connection: self._count_and_get_wait(connection, limits)
        )

    def undo_try_count(self, limits: Mapping[str, TryLimit]) -> None:
        """Take back the count of a try whose password was right."""
        rows = [{"key": key} for key in limits]
        self._database.write(lambda connection: connection.execute(_UNCOUNT, rows))

    def _get_wait(self, limits: Mapping[str, TryLimit]) -> int:
        waits = [
            _round_up_to_seconds(row["left"])
            for key, limit in limits.items()
            for row in self._database.fetch_rows(_FIND, **_build_values(key, limit))
            if row["refusal_count"] >= limit.count
        ]
        return max(waits, default=0)

    def _count_and_get_wait(self, connection: sa.Connection, limits: Mapping[str, TryLimit]) -> int:
        connection.execute(_DELETE_EXPIRED)
        waits = [0]
        for key, limit in limits.items():
            count, left = connection.execute(_COUNT, _build_values(key, limit)).one()
            if count > limit.count:
                waits.append(_round_up_to_seconds(left))
        return max(waits)


def _build_values(key: str, limit: TryLimit) -> dict[str, Any]:
    return {"key": key, "milliseconds": limit.seconds * 1000}


def _round_up_to_seconds(milliseconds: int) -> int:
    return max(1, math.ceil(milliseconds / 1000))

"""The time of the ledger: whole milliseconds since 1970, UTC.

It is the database's own, read by the statements that need it, so that hosts whose clocks differ
agree on who may enter. A clock of the caller's takes its place where one is given.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, bindparam, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

Clock = Callable[[], int]


def system_clock() -> int:
    """Return the time of this machine."""
    return time.time_ns() // 1_000_000


class _DatabaseTime(FunctionElement[int]):
    """The database's time when the statement began, which is one and the same all through it."""

    type = BigInteger()
    inherit_cache = True


@compiles(_DatabaseTime, "sqlite")
def _in_sqlite(_element: _DatabaseTime, _compiler: Any, **_options: Any) -> str:
    return "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"


@compiles(_DatabaseTime, "postgresql")
def _in_postgresql(_element: _DatabaseTime, _compiler: Any, **_options: Any) -> str:
    return "CAST(floor(extract(epoch FROM statement_timestamp()) * 1000) AS BIGINT)"


NOW = func.coalesce(bindparam("now", None, type_=BigInteger), _DatabaseTime())
"""The moment, for statements; `time_of` gives the value that it takes."""


def now_parameter(clock: Clock | None) -> dict[str, int | None]:
    """Return what a statement with NOW is given: a clock's time, or none for the database's."""
    return {"now": clock() if clock else None}

"""The ledger's clock: whole milliseconds since 1970, UTC, read by the statements that need it.

It is the clock of the database, so that hosts whose clocks differ agree on what has expired.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, bindparam, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

Clock = Callable[[], int]


def read_system_clock() -> int:
    """Return the time of this machine in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class _DatabaseTime(FunctionElement[int]):
    """The database's time at the start of the statement."""

    type = BigInteger()
    inherit_cache = True


@compiles(_DatabaseTime, "sqlite")
def _compile_for_sqlite(_element: _DatabaseTime, _compiler: Any, **_options: Any) -> str:
    return "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"


@compiles(_DatabaseTime, "postgresql")
def _compile_for_postgresql(_element: _DatabaseTime, _compiler: Any, **_options: Any) -> str:
    return "CAST(floor(extract(epoch FROM statement_timestamp()) * 1000) AS BIGINT)"


NOW = func.coalesce(bindparam("now", None, type_=BigInteger), _DatabaseTime())
"""The current time in a statement; `Database.now_parameter` is its parameter."""

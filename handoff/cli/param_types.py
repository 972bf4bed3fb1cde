"""Types of command-line parameters: a duration such as `90d`, a time such as `40m` ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_DURATION = re.compile(r"([0-9]{1,5})([mhdwy])")
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "y": timedelta(days=365),
}


class DurationParamType(click.ParamType[timedelta]):
    """A length of time greater than zero, and not in minutes.

    `6m` is refused: somebody who means six months would delete nearly everything.
    """

    name = "duration"

    def convert(self, value: Any, param: Any, ctx: Any) -> timedelta:
        """Return the duration that a text stands for."""
        duration = value if isinstance(value, timedelta) else parse_duration(str(value))
        if not duration or str(value).strip().lower().endswith("m"):
            self.fail(f"{value!r} is not a duration such as 12h, 90d, 2w or 2y.", param, ctx)
        return duration


class TimeParamType(click.ParamType[datetime]):
    """A date, a time, or how long ago."""

    name = "when"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        """Return the time that a text stands for; a time without a zone is UTC."""
        if isinstance(value, datetime):
            return value
        ago = parse_duration(str(value))
        try:
            if ago is not None:
                return datetime.now(UTC) - ago
            time = datetime.fromisoformat(str(value))
        except (ValueError, OverflowError):  # the second for a time before the year 1
            self.fail(
                f"{value!r} is not a time such as 40m, 7d, 2026-11-01 or 2026-11-01T12:00.",
                param,
                ctx,
            )
        return time if time.tzinfo else time.replace(tzinfo=UTC)


def parse_duration(text: str) -> timedelta | None:
    """Read `40m`, `12h`, `90d`, `2w` or `2y` (of 365 days each); return None for any other text."""
    found = _DURATION.fullmatch(text.strip().lower())
    return None if found is None else int(found[1]) * _UNITS[found[2]]


def convert_to_milliseconds(duration: timedelta) -> int:
    """Return a duration in milliseconds, the ledger's unit."""
    return duration // timedelta(milliseconds=1)


def convert_to_ledger_time(time: datetime) -> int:
    """Return a time as the ledger stores it: milliseconds since 1970."""
    return int(time.timestamp() * 1000)

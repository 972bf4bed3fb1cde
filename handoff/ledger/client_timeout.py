"""Connections to PostgreSQL that do not wait for ever for a server that stands still."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

from psycopg import Connection, OperationalError

from handoff.ledger.database import seconds_to_wait


class TimeoutConnection(Connection[Any]):
    """Ends when an answer takes too long: the server's own limits, of four seconds, count only
    where it runs.

    A network that swallows everything, and a machine that is frozen, are told by nothing else.
    """

    def wait(self, gen: Any, *options: Any, **named: Any) -> Any:
        """Wait as psycopg does, or raise OperationalError when the time is over."""
        try:
            return super().wait(_limited(gen), *options, **named)
        except _TooLong:
            self.close()
            raise OperationalError("the server does not answer") from None


class _TooLong(Exception):
    """The time is over."""


def _limited(waiting: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Pass everything on; psycopg comes back every 0.1 seconds, whether there is news or not."""
    until = time.monotonic() + seconds_to_wait()
    try:
        wanted = next(waiting)
        while True:
            ready = yield wanted
            wanted = waiting.send(ready)
            if not ready and time.monotonic() > until:
                raise _TooLong
    except StopIteration as end:
        return end.value

"""A timeout for PostgreSQL's answers that the client measures.

libpq has no such timeout. The server's statement_timeout stands still while its machine is frozen,
and tcp_user_timeout does not end a connection whose packets the frozen machine's kernel confirms.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

from psycopg import Connection, OperationalError

from handoff.ledger.database import compute_wait_seconds


class TimeoutConnection(Connection[Any]):
    """A connection that is closed when an answer does not come before the deadline."""

    def wait(self, gen: Any, *options: Any, **named: Any) -> Any:
        """Wait as psycopg does, or raise OperationalError at the deadline."""
        try:
            return super().wait(_add_timeout(gen), *options, **named)
        except _AnswerTimeout:
            self.close()
            raise OperationalError("the server does not answer") from None


class _AnswerTimeout(Exception):
    pass


def _add_timeout(waiting: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Wrap psycopg's generator, which it resumes every 0.1 seconds, even without an answer."""
    until = time.monotonic() + compute_wait_seconds()
    try:
        wanted = next(waiting)
        while True:
            ready = yield wanted
            wanted = waiting.send(ready)
            if not ready and time.monotonic() > until:
                raise _AnswerTimeout
    except StopIteration as end:
        return end.value

"""A timeout for PostgreSQL's answers, and for connecting, that the client measures.

libpq has no timeout for answers, and its timeout for connecting does not cover the lookup of the
name. The server's statement_timeout stands still while its machine is frozen, and tcp_user_timeout
does not end a connection whose packets the frozen machine's kernel confirms.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Self

from psycopg import Connection, OperationalError
from psycopg.errors import _WaitTimeout

from handoff.deadline import Deadline, run_until
from handoff.ledger.database import compute_wait_seconds


class TimeoutConnection(Connection[Any]):
    """A connection that is closed when an answer does not come before the deadline."""

    @classmethod
    def connect(cls, *args: Any, **options: Any) -> Self:
        """Connect as psycopg does, or raise OperationalError at the deadline."""
        connect = partial(super().connect, *args, **options)
        try:
            deadline = Deadline.after(compute_wait_seconds())
            return run_until(deadline, connect, discard=cls.close)
        except TimeoutError:
            raise OperationalError("the server cannot be reached in time") from None

    def wait(self, gen: Any, *options: Any, **named: Any) -> Any:
        """Wait as psycopg does, or raise OperationalError at the deadline."""
        try:
            return super().wait(gen, *options, **named | {"timeout": compute_wait_seconds()})
        except _WaitTimeout:
            self.close()
            raise OperationalError("the server does not answer") from None

"""Writes to a SQLite file: threads that wait at the same time share one transaction.

A commit waits for the disk. Writes that arrive meanwhile share the next commit (group commit): the
thread of the first of them leads, and runs the writes of all. Processes take turns with flock(),
which the kernel frees when a process dies. flock() has no timeout, so the leading thread polls.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from handoff.deadline import Deadline
from handoff.ledger.database import log_and_build_unavailable_error, translate_database_errors

_POLL = 0.00005  # seconds; 0.0005 made a seventh fewer uses of links at saturation


@dataclass(slots=True, eq=False)
class _PendingWrite:
    """A write that its thread waits for. `woken` is set when it is done, or has to lead."""

    work: Callable[[Connection], Any]
    durable: bool
    woken: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    outcome: Any = None
    error: Exception | None = None

    def try_to_run(self, connection: Connection) -> bool:
        """Run the work, and return False if it failed."""
        try:
            with translate_database_errors(sqlite3.Error):
                self.outcome, self.error = self.work(connection), None
        except Exception as error:
            self.error = error
        return self.error is None


class SqliteWriter:
    """Commits writes in transactions that `begin(durable)` opens."""

    def __init__(
        self, lock_path: str, begin: Callable[[bool], AbstractContextManager[Connection]]
    ) -> None:
        self.lock_file = os.open(lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        self._begin = begin
        self._lock = threading.Lock()  # for the two below
        self._waiting: list[_PendingWrite] = []
        self._has_leader = False

    def write(self, work: Callable[[Connection], Any], *, durable: bool, timeout: float) -> Any:
        """Run and commit `work`, and return its result; raise LedgerUnavailable at the timeout."""
        deadline, write = Deadline.after(timeout), _PendingWrite(work, durable)
        with self._lock:
            self._waiting.append(write)
            write.leads, self._has_leader = not self._has_leader, True
        if not write.leads and not write.woken.wait(timeout):
            with self._lock:
                if not write.leads and write in self._waiting:
                    self._waiting.remove(write)
                    raise log_and_build_unavailable_error("the write lock was not free in time")
            write.woken.wait()  # it has begun, or leads by now
        if write.leads:
            self._commit_waiting_writes(write, deadline)
        if write.error is not None:
            raise write.error
        return write.outcome

    def _commit_waiting_writes(self, leader: _PendingWrite, deadline: Deadline) -> None:
        unfinished = [leader]  # if the lock is not free in time, the others may have more time
        try:
            acquire_file_lock(self.lock_file, deadline)
            with self._lock:
                unfinished, self._waiting = self._waiting, []
            # Savepoints could undo a single write, but cost two more statements for each write.
            if not self._try_to_commit(unfinished) and len(unfinished) > 1:
                while unfinished:
                    self._try_to_commit(unfinished[:1])
                    unfinished.pop(0).woken.set()
        except Exception as error:
            for write in unfinished:
                write.error = error
        fcntl.flock(self.lock_file, fcntl.LOCK_UN)
        with self._lock:
            self._waiting = [write for write in self._waiting if write not in unfinished]
            self._has_leader = bool(self._waiting)
            for write in self._waiting[:1]:
                write.leads = True
                write.woken.set()
        for write in unfinished:
            write.woken.set()

    def _try_to_commit(self, writes: list[_PendingWrite]) -> bool:
        """Commit the writes in one transaction, or undo all and return False if one fails."""
        durable = any(write.durable for write in writes)
        with translate_database_errors(sqlite3.Error), self._begin(durable) as connection:
            if all(write.try_to_run(connection) for write in writes):
                return True
            connection.rollback()
        return False


def acquire_file_lock(file: int, deadline: Deadline) -> None:
    """Lock an open file against other processes, or raise LedgerUnavailable at the deadline."""
    while not deadline.has_passed:
        with suppress(BlockingIOError):
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(_POLL)
    raise log_and_build_unavailable_error("the write lock was not free in time")

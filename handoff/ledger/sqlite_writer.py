"""Writes to a SQLite file: one thread in each process, and many writes in one transaction.

A commit waits for the disk. Writes that arrive meanwhile share the next commit (group commit).
Processes take turns with flock(): the kernel wakes the next process, whereas SQLite would poll,
and frees the lock of a dead one. flock() has no timeout, so only this thread calls it. A caller
withdraws its write at its deadline.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import AbstractContextManager, suppress
from typing import Any

from sqlalchemy import Connection

from handoff.ledger.database import MAX_WAIT, build_unavailable_error, translate_database_errors

Begin = Callable[[bool], AbstractContextManager[Connection]]


class _PendingWrite(Future[Any]):
    """A write that its caller waits for; the caller gets the outcome after the commit."""

    def __init__(self, work: Callable[[Connection], Any], durable: bool) -> None:
        super().__init__()
        self.work, self.durable = work, durable
        self.outcome: Any = None
        self.error: Exception | None = None

    def run(self, connection: Connection) -> bool:
        """Run the work, unless it was withdrawn, and return False if it failed."""
        if self.cancelled() or not (self.running() or self.set_running_or_notify_cancel()):
            return True
        self.error = None
        try:
            with translate_database_errors(sqlite3.Error):
                self.outcome = self.work(connection)
        except Exception as error:
            self.error = error
        return self.error is None

    def finish(self, failure: Exception | None) -> None:
        """Give the caller the outcome, or the failure of the work or of the transaction."""
        with suppress(InvalidStateError):  # it was withdrawn
            if error := failure or self.error:
                self.set_exception(error)
            else:
                self.set_result(self.outcome)


class SqliteWriter:
    """Commits writes in transactions that `begin(durable)` opens."""

    def __init__(self, lock_path: str, begin: Begin) -> None:
        self.lock_file = os.open(lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        self._begin = begin
        self._waiting: list[_PendingWrite] = []
        self._is_closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)

    def write(self, work: Callable[[Connection], Any], *, durable: bool, timeout: float) -> Any:
        """Run `work`, commit, and return its result.

        Raises LedgerUnavailable if the work has not begun after `timeout` seconds.
        """
        write = _PendingWrite(work, durable)
        with self._changed:
            if self._thread.ident is None:
                self._thread.start()
            self._waiting = [each for each in self._waiting if not each.cancelled()] + [write]
            self._changed.notify()
        with suppress(TimeoutError):
            return write.result(timeout)
        if write.cancel():
            raise build_unavailable_error("the write lock was not free in time")
        return write.result()

    def close(self) -> None:
        """Commit the writes that wait, end the thread and close the lock file."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(timeout=MAX_WAIT)
        if not self._thread.is_alive():
            os.close(self.lock_file)

    def _run(self) -> None:
        while not self._is_closed:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_closed)
            if self._waiting:
                self._commit_waiting()

    def _commit_waiting(self) -> None:
        writes, failure = [], None
        try:
            with translate_database_errors(sqlite3.Error, OSError):
                fcntl.flock(self.lock_file, fcntl.LOCK_EX)
                writes = self._take_waiting()
                # Savepoints could undo a single write, but cost two more statements for each write.
                if not self._commit(writes) and len(writes) > 1:
                    for write in writes:
                        self._commit([write])
                        write.finish(None)
        except Exception as error:
            failure = error
            writes += self._take_waiting()  # otherwise each of them would wait for the same error
        fcntl.flock(self.lock_file, fcntl.LOCK_UN)
        for write in writes:
            write.finish(failure)

    def _commit(self, writes: list[_PendingWrite]) -> bool:
        """Commit the writes in one transaction, or undo all and return False if one fails."""
        with self._begin(any(write.durable for write in writes)) as connection:
            if all(write.run(connection) for write in writes):
                return True
            connection.rollback()
        return False

    def _take_waiting(self) -> list[_PendingWrite]:
        with self._changed:
            writes, self._waiting = self._waiting, []
            return writes

"""The line before a SQLite file: who may write next, among threads and processes."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from handoff.errors import LedgerUnavailable

log = structlog.get_logger()


class Line:
    """One writer at a time, in turn, instead of writers that poll for SQLite's own lock.

    Threads of one process wait at a lock, and processes at a `flock` on a file, which the kernel
    gives to the next in line, and takes from a process that dies.
    """

    def __init__(self, path: str) -> None:
        """Take the path of the file to lock; it is made where it is missing, and stays empty."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._threads = threading.Lock()
        self._changed = threading.Condition()
        self._standing: threading.Thread | None = None
        self._wanted = self._reached = False

    @contextmanager
    def turn(self, *, timeout: float) -> Iterator[None]:
        """Wait for the turn and have it for the block; after the timeout, LedgerUnavailable."""
        until = time.monotonic() + timeout
        if not self._threads.acquire(timeout=timeout):
            raise LedgerUnavailable
        try:
            if not self._lock_file(until):
                log.error("ledger_held_by_another_process")
                raise LedgerUnavailable
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        finally:
            self._threads.release()

    def close(self) -> None:
        """Give up the file."""
        os.close(self._file)

    def _lock_file(self, until: float) -> bool:
        if self._standing is None:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                return True
        # `flock` knows no time limit, so a thread stands in line for us. Should we leave before
        # it is our turn, it stays there for whoever writes next, or lets the turn pass.
        with self._changed:
            self._wanted, self._reached = True, False
            if self._standing is None:
                self._standing = threading.Thread(target=self._stand, name="line", daemon=True)
                self._standing.start()
            reached = self._changed.wait_for(
                lambda: self._reached, timeout=max(0.0, until - time.monotonic())
            )
            self._wanted = False
            return reached

    def _stand(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        with self._changed:
            self._standing = None
            if self._wanted:
                self._reached = True
                self._changed.notify()
            else:
                fcntl.flock(self._file, fcntl.LOCK_UN)

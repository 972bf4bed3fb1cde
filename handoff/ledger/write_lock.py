"""The line before a SQLite file: who may write next, among threads and processes."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue

import structlog

from handoff.problems import LedgerUnavailable

log = structlog.get_logger()


class WriteLock:
    """One writer at a time, in turn, instead of writers that poll for SQLite's own lock.

    Threads of one process wait at a lock, and processes at a `flock` on a file, which the kernel
    gives to the next in line, and takes from a process that dies. It knows no time limit. So where
    another process has it, a thread of ours stands in line, and does there what is to be done: a
    turn that it passed on would be a turn in which nobody writes until another thread wakes up.
    """

    def __init__(self, path: str) -> None:
        """Take the path of the file to lock; it is made where it is missing, and stays empty."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._threads = threading.Lock()
        self._at_file = threading.Lock()  # whoever has it locks and unlocks the file
        self._errands: SimpleQueue[_Errand | None] = SimpleQueue()
        self._standing: threading.Thread | None = None

    def run(self, work: Callable[[], None], timeout: float) -> None:
        """Wait for the turn and do a work in it, which raises nothing.

        Raises LedgerUnavailable, and does nothing, when there was no turn before the timeout.
        """
        until = time.monotonic() + timeout
        with self._first_of_threads(timeout):
            if not self._take_at_once():
                self._send(work, until).done.get()
                return
            try:
                work()
            finally:
                self._give_back()

    @contextmanager
    def turn(self, *, timeout: float) -> Iterator[None]:
        """Wait for the turn and have it for the block; after the timeout, LedgerUnavailable."""
        until = time.monotonic() + timeout
        with self._first_of_threads(timeout):
            if not self._take_at_once():
                left: SimpleQueue[None] = SimpleQueue()
                errand = self._send(left.get, until)
                try:
                    yield
                finally:
                    left.put(None)
                    errand.done.get()
                return
            try:
                yield
            finally:
                self._give_back()

    def close(self) -> None:
        """Give up the file, at once or when nobody stands in line for it any more."""
        if self._standing is not None and self._standing.is_alive():  # and not left by a fork
            self._errands.put(None)
        else:
            os.close(self._file)

    @contextmanager
    def _first_of_threads(self, timeout: float) -> Iterator[None]:
        if not self._threads.acquire(timeout=timeout):
            raise LedgerUnavailable
        try:
            yield
        finally:
            self._threads.release()

    def _take_at_once(self) -> bool:
        if not self._at_file.acquire(blocking=False):
            return False  # the thread in line has it, for somebody who has gone
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._at_file.release()
            return False
        return True

    def _give_back(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._at_file.release()

    def _send(self, work: Callable[[], None], until: float) -> _Errand:
        """Have a work done by the thread that stands in line, and return when it is begun."""
        if self._standing is None:
            self._standing = threading.Thread(target=self._stand, name="line", daemon=True)
            self._standing.start()
        errand = _Errand(work)
        self._errands.put(errand)
        if not errand.begins_before(until):
            log.error("ledger_held_by_another_process")
            raise LedgerUnavailable
        return errand

    def _stand(self) -> None:
        while errand := self._errands.get():
            with self._at_file:
                fcntl.flock(self._file, fcntl.LOCK_EX)
                try:
                    errand.do()
                finally:
                    fcntl.flock(self._file, fcntl.LOCK_UN)
            errand.done.put(None)
        os.close(self._file)


class _Errand:
    """A work for the thread that stands in line, which is begun in time or not at all."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._begun: SimpleQueue[None] = SimpleQueue()
        self._decided = threading.Lock()  # whoever takes it first says whether it is done
        self.done: SimpleQueue[None] = SimpleQueue()

    def begins_before(self, until: float) -> bool:
        """Wait for it to begin; what has not by then never will."""
        try:
            self._begun.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            return not self._decided.acquire(blocking=False)
        return True

    def do(self) -> None:
        """Begin, unless nobody wants it any more."""
        if self._decided.acquire(blocking=False):
            self._begun.put(None)
            self._work()

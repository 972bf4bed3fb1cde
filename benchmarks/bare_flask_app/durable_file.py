"""Durable writes by the `sqlite3` module alone."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading


class DurableFile:
    """A SQLite file with one connection for each process. Writers wait for a file lock."""

    def __init__(self, path: str) -> None:
        """Create the file `path`, or open the one that another worker has created."""
        self._lock_file = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        self._threads = threading.Lock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.execute("CREATE TABLE IF NOT EXISTS row (word)")
        finally:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)

    def write(self, word: str) -> None:
        """Add a row and return when it is on disk."""
        with self._threads:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX)
            try:
                self._connection.execute("INSERT INTO row VALUES (?)", (word,))
            finally:
                fcntl.flock(self._lock_file, fcntl.LOCK_UN)

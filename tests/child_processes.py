"""The processes that a test has started, and their child processes."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import wait_until


def list_children(process: subprocess.Popen[bytes]) -> list[int]:
    """Return the pids of the processes that a program has started."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in children.read_text().split()]


def stop_and_list_children(process: subprocess.Popen[bytes]) -> list[int]:
    """Stop a program, so that it starts no more children, and return the pids of its children."""
    process.send_signal(signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)  # a busy machine stops it later
    return list_children(process)


@contextmanager
def freeze(*pids: int) -> Iterator[None]:
    """Freeze processes for the block, as an overloaded machine does; connections stay open."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def wait_until_ended(pids: Collection[int]) -> None:
    """Wait until processes are gone, or are zombies that nobody waits for."""
    wait_until(lambda: not any(_is_running(pid) for pid in pids))


def _is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"

"""Finds and kills the processes of a service."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.child_processes import stop_and_list_children, wait_until_ended
from tests.running_servers import RunningService
from tests.waiting import wait_until

_ESTABLISHED = "01"


def find_worker_by_port(service: RunningService, port: int) -> int:
    """Return the pid of the worker that has a connection from this local port."""
    wanted = f"socket:[{_find_inode(port)}]"
    for pid in service.worker_pids():
        if wanted in {_read_link(each) for each in Path(f"/proc/{pid}/fd").iterdir()}:
            return pid
    raise LookupError("no worker has this connection")


def kill_worker(service: RunningService, pid: int) -> None:
    """Kill a worker with SIGKILL, and wait until it is gone."""
    assert pid in service.worker_pids()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: pid not in service.worker_pids())


def kill_all(service: RunningService) -> None:
    """Kill the whole service with SIGKILL: the master, which would restart workers, and them."""
    pids = stop_and_list_children(service.process)
    service.process.kill()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    service.process.wait(timeout=60)
    wait_until_ended(pids)


def _find_inode(port: int) -> str:
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1].rpartition(":")[2], 16) == port and fields[3] == _ESTABLISHED:
            return fields[9]
    raise LookupError("no process has a connection from this port")


def _read_link(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:  # closed meanwhile
        return ""

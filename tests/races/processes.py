"""Finds and kills the processes of a service."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.child_processes import stop_and_list_children, wait_until_ended
from tests.magento.faulty_shop import Call
from tests.running_servers import RunningService
from tests.waiting import wait_until

_ESTABLISHED = "01"


def find_worker_of_call(service: RunningService, call: Call) -> int:
    """Return the pid of the worker that made a call which the stand-in shop has not answered."""
    wanted = f"socket:[{_find_inode(call.line.getpeername()[1], call.line.getsockname()[1])}]"
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


def _find_inode(local_port: int, remote_port: int) -> str:
    # Connections to different servers may have the same local port, so both ports are compared.
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, *_, inode = line.split()[:10]
        ports = tuple(int(each.rpartition(":")[2], 16) for each in (local, remote))
        if ports == (local_port, remote_port) and state == _ESTABLISHED:
            return inode
    raise LookupError("no process has this connection")


def _read_link(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:  # closed meanwhile
        return ""

"""The gunicorn worker with threads: it shares connections evenly, and times how long they wait."""

from __future__ import annotations

import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from handoff.deadline import set_queue_seconds
from handoff.operations import gunicorn_config

_DELAY_PER_CONNECTION = 50e-6  # seconds
_MAX_DELAY = 0.001  # seconds


class FairWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn declares no types
    """Delays accept() by 50 microseconds for each open connection, 1 ms at most.

    The kernel wakes all workers for a new connection and gives it to the first that accepts. So if
    a proxy keeps 16 connections alive, one worker can get 12 or all of them while the other idles.
    gunicorn's `reuse_port` shares as evenly, but with it a reload resets the connections that wait
    for a worker that ends.
    """

    def init_process(self) -> None:
        """Tell create_app the number of threads, which a command line option may have changed."""
        gunicorn_config.threads = self.cfg.threads
        super().init_process()

    def accept(self, listener: Any) -> None:
        """Accept a new connection, after a delay if this worker has connections already."""
        if self.cfg.workers > 1 and self.nr_conns:
            time.sleep(min(_MAX_DELAY, self.nr_conns * _DELAY_PER_CONNECTION))
        super().accept(listener)

    def enqueue_req(self, connection: Any) -> None:
        """Let a connection with a request wait for a thread."""
        connection.enqueued_at = time.monotonic()
        super().enqueue_req(connection)

    def handle(self, connection: Any) -> Any:
        """Handle a request, whose deadline also covers its wait for this thread."""
        set_queue_seconds(time.monotonic() - connection.enqueued_at)
        return super().handle(connection)

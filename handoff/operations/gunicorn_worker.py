"""gunicorn's worker with threads, which shares connections fairly with the others."""

from __future__ import annotations

import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from handoff.operations import gunicorn_config

_STEP = 50e-6  # seconds for each connection
_MOST = 0.001  # seconds


class FairWorker(ThreadWorker):  # type: ignore[misc]  # its package declares no types
    """Lets workers with fewer connections go first.

    The kernel wakes all workers for each new connection, and gives it to the first. Of sixteen that
    a proxy keeps alive one worker so gets twelve now and then, or all, and has two thirds of the
    work to do while the other waits. Who has connections waits for a moment, for each a little.
    """

    threads: int = gunicorn_config.threads
    """How many this process has: those of the configuration, or of gunicorn's command line."""

    def init_process(self) -> None:
        """Begin, in the worker's own process, before the service is built."""
        FairWorker.threads = self.cfg.threads
        super().init_process()

    def accept(self, listener: Any) -> None:
        """Take a new connection, if it is still there."""
        if self.cfg.workers > 1 and self.nr_conns:
            time.sleep(min(_MOST, self.nr_conns * _STEP))
        super().accept(listener)

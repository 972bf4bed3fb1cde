"""Writers of one process that wait at the same time share one turn, and one transaction.

A turn costs a place in line, a beginning, and a wait for the disk, whoever takes it. So the first
writer of those that wait leads: it stands in line for all, does the work of all that are there by
then, and commits once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from handoff.deadline import Deadline
from handoff.errors import LedgerUnavailable
from handoff.ledger.statements import RawConnection

Work = Callable[[RawConnection], Any]


@dataclass(slots=True, eq=False)
class _Job:
    """Somebody's work, and what came of it. `told` is set when it is done, or is to lead."""

    work: Work
    durable: bool
    told: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    result: Any = None
    error: Exception | None = None

    def settle(self, result: Any = None, error: Exception | None = None) -> None:
        """Say what came of it."""
        self.result, self.error = result, error
        self.told.set()


class Together:
    """Does works in transactions, as many in one as are waiting for it."""

    def __init__(
        self,
        turn: Callable[[float], AbstractContextManager[None]],
        transaction: Callable[[bool], AbstractContextManager[RawConnection]],
    ) -> None:
        """Take what waits for a turn, for so many seconds, and what opens a transaction in it.

        A transaction is asked whether it is to be durable.
        """
        self._turn = turn
        self._transaction = transaction
        self._lock = threading.Lock()
        self._waiting: list[_Job] = []
        self._is_led = False

    def write(self, work: Work, *, durable: bool, timeout: float) -> Any:
        """Do a work and return what it returns, when it is committed; it may be begun twice.

        Raises what the work raises, and LedgerUnavailable where there was no turn in time, or the
        transaction failed.
        """
        deadline, job = Deadline.after(timeout), _Job(work, durable)
        with self._lock:
            self._waiting.append(job)
            job.leads, self._is_led = not self._is_led, True
        if not job.leads and not job.told.wait(timeout):
            self._give_up(job)
        if job.leads:
            self._lead(job, deadline)
        if job.error is not None:
            raise job.error
        return job.result

    def _give_up(self, job: _Job) -> None:
        """Leave the others, unless the work is being done, or it is now ours to lead."""
        with self._lock:
            if job.leads:
                return
            if job in self._waiting:
                self._waiting.remove(job)
                raise LedgerUnavailable
        job.told.wait()

    def _lead(self, job: _Job, deadline: Deadline) -> None:
        jobs: list[_Job] = []
        try:
            with self._turn(deadline.remaining):
                with self._lock:
                    jobs, self._waiting = self._waiting, []
                self._do(jobs)
        except LedgerUnavailable as error:
            job.settle(error=error)
        finally:
            for each in jobs:
                if not each.told.is_set():  # this thread is being ended
                    each.settle(error=LedgerUnavailable())
            with self._lock:
                self._waiting = [each for each in self._waiting if each is not job]
                self._is_led = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].leads = True
                    self._waiting[0].told.set()

    def _do(self, jobs: list[_Job]) -> None:
        durable = any(job.durable for job in jobs)
        try:
            with self._transaction(durable) as connection:
                results = [job.work(connection) for job in jobs]
        except Exception as error:
            if len(jobs) == 1:
                jobs[0].settle(error=error)
                return
            for job in jobs:  # one of them has undone all; each by itself harms no other
                self._do([job])
        else:
            for job, result in zip(jobs, results, strict=True):
                job.settle(result)

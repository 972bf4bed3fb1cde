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
from queue import Empty, SimpleQueue
from typing import Any

from handoff.deadline import Deadline
from handoff.ledger.statements import RawConnection
from handoff.problems import LedgerUnavailable

Work = Callable[[RawConnection], Any]


@dataclass(slots=True, eq=False)
class _Job:
    """Somebody's work, and what came of it. They are told when it is done, or is to lead."""

    work: Work
    durable: bool
    told: SimpleQueue[None] = field(default_factory=SimpleQueue)
    leads: bool = False
    done: bool = False
    result: Any = None
    error: Exception | None = None

    def settle(self, result: Any = None, error: Exception | None = None) -> None:
        """Say what came of it."""
        self.result, self.error, self.done = result, error, True
        self.told.put(None)

    def lead(self) -> None:
        """Make it the one that leads."""
        self.leads = True
        self.told.put(None)

    def is_told_within(self, seconds: float) -> bool:
        """Wait to be told."""
        try:
            self.told.get(timeout=seconds)
        except Empty:
            return False
        return True


class GroupCommit:
    """Does works in transactions, as many in one as are waiting for it."""

    def __init__(
        self,
        in_turn: Callable[[Callable[[], None], float], None],
        transaction: Callable[[bool], AbstractContextManager[RawConnection]],
    ) -> None:
        """Take what does something in a turn that it waits for, for so many seconds, and what
        opens a transaction, which is told whether it is to be durable.
        """
        self._in_turn = in_turn
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
        if not job.leads and not job.is_told_within(timeout):
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
        job.told.get()

    def _lead(self, job: _Job, deadline: Deadline) -> None:
        try:
            self._in_turn(self._do_all, deadline.remaining)
        except LedgerUnavailable as error:
            job.settle(error=error)
        finally:
            with self._lock:
                self._waiting = [each for each in self._waiting if each is not job]
                self._is_led = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].lead()

    def _do_all(self) -> None:
        with self._lock:
            jobs, self._waiting = self._waiting, []
        try:
            self._do(jobs)
        finally:
            for each in jobs:
                if not each.done:  # this thread is being ended
                    each.settle(error=LedgerUnavailable())

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

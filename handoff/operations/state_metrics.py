"""The metrics that are the same for all workers: what the ledger holds, and what can be reached."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from handoff import __version__
from handoff.ledger.progress_repository import HandoffProgress, ProgressRepository
from handoff.operations.health import ReadinessCheck
from handoff.problems import LedgerUnavailable

_FRESH_FOR = 10.0  # seconds
_READY = {"ok": 1, "failing": 0, "refused": 0}


@dataclass(frozen=True, eq=False)  # a registry needs the hash
class ServiceStateCollector(Collector):
    """The version, whether the service is paused, and the parts of `/readyz`."""

    readiness: ReadinessCheck
    is_paused: bool

    def describe(self) -> list[Metric]:
        """Return nothing, so that registering checks nothing."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics, after a check of the parts."""
        yield InfoMetricFamily("handoff", "The service.", value={"version": __version__})
        yield GaugeMetricFamily("handoff_paused", "1 while the service is paused.", self.is_paused)
        ready = GaugeMetricFamily(
            "handoff_ready", "1 if the part works, 0 if not, as in /readyz.", labels=["part"]
        )
        for part, state in self.readiness.run().items():
            if state in _READY:
                ready.add_metric([part], _READY[str(state)])
        yield ready


@dataclass(eq=False)
class HandoffCollector(Collector):
    """How far the handoffs have come; the ledger is read once in ten seconds at most.

    `reconciles` is False without the right to read orders: then no handoff is ever reconciled.
    """

    repository: ProgressRepository
    reconciles: bool
    elapsed: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _progress: HandoffProgress | None = None
    _fresh_until: float = 0.0

    def describe(self) -> list[Metric]:
        """Return nothing, so that registering does not read the ledger."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics, without numbers while the ledger cannot be read."""
        stages = GaugeMetricFamily(
            "handoff_handoffs",
            "Handoffs of the last 24 hours that have reached a stage.",
            labels=["stage"],
        )
        oldest = GaugeMetricFamily(
            "handoff_oldest_unreconciled_seconds",
            "The age of the oldest handoff that reconciliation has to check at once.",
        )
        progress = self._read_progress()
        if progress is not None:
            for stage, count in progress.counts.items():
                stages.add_metric([stage], count)
            if self.reconciles:
                oldest.add_metric([], progress.oldest_unreconciled_seconds)
        yield from (stages, oldest)

    def _read_progress(self) -> HandoffProgress | None:
        with self._lock:
            if self.elapsed() >= self._fresh_until:
                try:
                    self._progress = self.repository.read()
                except LedgerUnavailable:
                    self._progress = None
                self._fresh_until = self.elapsed() + _FRESH_FOR
            return self._progress

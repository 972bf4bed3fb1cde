"""The metrics that are the same for all workers: the ledger's figures, the state of the parts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from handoff import __version__
from handoff.ledger.stage_counts import HandoffMetrics
from handoff.operations.health import ReadinessCheck
from handoff.problems import LedgerUnavailable
from handoff.recent_value import RecentValue

_FRESH_FOR = 10.0  # seconds
_READY = {"ok": 1, "failing": 0, "refused": 0}


@dataclass(frozen=True, eq=False)  # a registry needs the hash
class ServiceHealthCollector(Collector):
    """The version, whether the service is paused, and the parts of `/readyz`."""

    readiness: ReadinessCheck
    is_paused: bool

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics, after a check of the parts."""
        yield InfoMetricFamily("handoff", "The service.", value={"version": __version__})
        yield GaugeMetricFamily("handoff_paused", "1 while the service is paused.", self.is_paused)
        ready = GaugeMetricFamily(
            "handoff_ready", "1 if the part works, 0 if not, as in /readyz.", labels=["part"]
        )
        for part, state in self.readiness.check_parts().items():
            if state in _READY:
                ready.add_metric([part], _READY[str(state)])
        yield ready


class HandoffCollector(Collector):
    """The handoffs by stage, and the oldest due; reads the ledger once in ten seconds at most."""

    def __init__(
        self,
        read_metrics: Callable[[], HandoffMetrics],
        *,
        reconciles: bool,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """`reconciles` is False without the right to read orders: then nothing is reconciled.

        `elapsed` is a clock in seconds.
        """
        self._read_metrics = read_metrics
        self._reconciles = reconciles
        self._metrics = RecentValue(self._read_metrics_or_none, seconds=_FRESH_FOR, elapsed=elapsed)

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
        metrics = self._metrics.get()
        if metrics is not None:
            for stage, count in metrics.counts.items():
                stages.add_metric([stage], count)
            if self._reconciles:
                oldest.add_metric([], metrics.oldest_unreconciled_seconds)
        yield from (stages, oldest)

    def _read_metrics_or_none(self) -> HandoffMetrics | None:
        try:
            return self._read_metrics()
        except LedgerUnavailable:
            return None

"""The metrics that a worker counts: requests, the shop's time, preflights, limits, log events.

No label holds a text from outside, so the number of series is bounded. With several workers, each
writes its own numbers into the folder PROMETHEUS_MULTIPROC_DIR. The variable must be set before
Python starts; `handoff serve` sets it.
"""

from __future__ import annotations

import logging
import os
import re
from contextlib import AbstractContextManager
from http import HTTPStatus
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

log = structlog.get_logger()

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
FOLDER_PREFIX = "handoff-metrics-"
_FILE_SIZE = 1024 * 1024  # bytes, twice what all labels of the largest file need
_FILE_KINDS = ("counter", "histogram", "gauge_livesum")  # names of prometheus_client
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # seconds
_SHOP_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # seconds
_IDS = re.compile(r"(?<=guest-carts/)[^/]+|(?<=orders/)[^/]+")
_STATUSES = {status.value for status in HTTPStatus}


class WorkerMetrics:
    """The counters of one worker, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "handoff_requests",
            "Requests by the rule of their address, status, and code of a problem or page.",
            ("rule", "status", "code"),
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "handoff_request_seconds",
            "How long requests took, the shop's part included.",
            ("rule",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._shop_call_seconds = Histogram(
            "handoff_shop_call_seconds",
            "How long calls to the shop took, by the call and the status of its answer.",
            ("call", "status"),
            buckets=_SHOP_BUCKETS,
            registry=self.registry,
        )
        self._preflights = Counter(
            "handoff_checkout_preflights",
            "Checkout preflights by their result.",
            ("result",),
            registry=self.registry,
        )
        self._log_events = Counter(
            "handoff_log_events",
            "Lines of the log with the level warning or error, by their event.",
            ("level", "event"),
            registry=self.registry,
        )
        self._create_limit_metrics()

    def _create_limit_metrics(self) -> None:
        self._slots, self._slots_in_use = (
            Gauge(
                name,
                description,
                ("limit",),
                registry=self.registry,
                multiprocess_mode="livesum",
            )
            for name, description in (
                ("handoff_concurrency_slots", "How many requests may wait for the shop at once."),
                ("handoff_concurrency_slots_in_use", "How many requests wait for the shop."),
            )
        )
        self._slot_refusals = Counter(
            "handoff_concurrency_refusals",
            "Requests that found no free slot.",
            ("limit",),
            registry=self.registry,
        )

    def count_request(self, rule: str, status: int, code: str, seconds: float) -> None:
        """Count an answered request; `code` is that of a problem or page, or empty."""
        self._requests.labels(rule, status, code).inc()
        self._request_seconds.labels(rule).observe(seconds)

    def observe_shop_call(self, call: str, status: int | str, seconds: float) -> None:
        """Count a call to the shop; `status` is that of HTTP, or says why there was no answer."""
        known = status if isinstance(status, str) or status in _STATUSES else "other"
        self._shop_call_seconds.labels(_IDS.sub("*", call), known).observe(seconds)

    def count_preflight(self, result: str) -> None:
        """Count a checkout preflight by its result."""
        self._preflights.labels(result).inc()

    def count_log_event(self, level: str, event: str) -> None:
        """Count a line of the log."""
        self._log_events.labels(level, event).inc()

    def add_slots(self, limit: str, slots: int) -> None:
        """Add the slots of a concurrency limit, and show its numbers from now on."""
        self._slots.labels(limit).set(slots)
        self._slots_in_use.labels(limit).set(0)
        self._slot_refusals.labels(limit)

    def count_slot_in_use(self, limit: str) -> AbstractContextManager[object]:
        """Count a slot of a concurrency limit as in use for the block."""
        return self._slots_in_use.labels(limit).track_inprogress()

    def count_slot_refusal(self, limit: str) -> None:
        """Count a request that found no free slot."""
        self._slot_refusals.labels(limit).inc()


class LogEventCounter(logging.Handler):
    """Counts the service's own lines of the log, whose events are plain names."""

    def __init__(self, metrics: WorkerMetrics) -> None:
        super().__init__(logging.WARNING)
        self._metrics = metrics

    def emit(self, record: logging.LogRecord) -> None:
        """Count the line; those of libraries hold texts, not the fields of structlog."""
        if isinstance(record.msg, dict):
            self._metrics.count_log_event(record.levelname.lower(), str(record.msg["event"]))


def open_worker_metrics() -> WorkerMetrics | None:
    """Return the metrics of this worker; None if there is no disk space for them.

    prometheus_client maps its files into memory. On a full disk the kernel would end the process
    with SIGBUS when it touches a page without disk space. So this writes the files in their full
    size before.
    """
    folder = os.environ.get(FOLDER_VARIABLE)
    # A dead worker with the same pid may have left a file.
    files = [Path(folder, f"{kind}_{os.getpid()}.db") for kind in _FILE_KINDS] if folder else []
    for file in files:
        try:
            if not file.exists():
                file.write_bytes(bytes(_FILE_SIZE))
        except OSError as error:
            file.unlink(missing_ok=True)
            log.error("metrics_disabled", reason=error.strerror)
            return None
    return WorkerMetrics()

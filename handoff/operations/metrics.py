"""`/metrics`: what the service has answered and how long that took, for Prometheus.

Requests are counted by the rule of their address, never by the address. Under several workers
the numbers are those of all: each writes its own into `PROMETHEUS_MULTIPROC_DIR`, which has to be
set before Python starts, as `handoff serve` does.

They are written by way of memory. Where a disk is full then, the kernel ends the process: so each
worker has the room that it needs from its start, or counts nothing.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import structlog
from flask import Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

log = structlog.get_logger()

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
PREFIX = "handoff-metrics-"
_ROOM = 64 * 1024  # bytes for each kind, twice of what all rules and codes take
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


def count_requests(app: Flask) -> None:
    """Count what the app answers, and show it at `/metrics`."""
    registry = CollectorRegistry()
    if _has_room():
        _count_into(registry, app)

    @app.get("/metrics")
    def _show() -> Response:
        return Response(
            generate_latest(_of_all_workers(registry)), content_type=CONTENT_TYPE_LATEST
        )


def _count_into(registry: CollectorRegistry, app: Flask) -> None:
    answers = Counter(
        "handoff_requests",
        "Requests by the rule of their address, status, and code of a problem or page.",
        ("rule", "status", "code"),
        registry=registry,
    )
    seconds = Histogram(
        "handoff_request_seconds",
        "How long requests took, the shop's part included.",
        ("rule",),
        buckets=_SECONDS,
        registry=registry,
    )

    @app.after_request
    def _count(response: Response) -> Response:
        rule = request.url_rule.rule if request.url_rule else "(none)"
        said = structlog.contextvars.get_contextvars()
        code = said.get("code") or said.get("ending") or ""
        answers.labels(rule, response.status_code, code).inc()
        seconds.labels(rule).observe(time.perf_counter() - g.started)
        return response


def _has_room() -> bool:
    """Take the room for what this worker counts, and say whether it was to be had."""
    folder = os.environ.get(DIRECTORY)
    if folder is None:
        return True
    # The names are those of prometheus_client; a file may be of a worker before that had this pid.
    files = [Path(folder, f"{kind}_{os.getpid()}.db") for kind in ("counter", "histogram")]
    for file in files:
        try:
            if not file.exists():
                file.write_bytes(bytes(_ROOM))
        except OSError as error:
            file.unlink(missing_ok=True)
            log.error("metrics_not_counted", reason=error.strerror)
            return False
    return True


def _of_all_workers(registry: CollectorRegistry) -> CollectorRegistry:
    if DIRECTORY not in os.environ:
        return registry
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # its package declares none
    return together

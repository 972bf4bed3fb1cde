"""`/metrics`: what the service has answered and how long that took, for Prometheus.

Requests are counted by the rule of their address, never by the address. Under several workers
the numbers are those of all: each writes its own into `PROMETHEUS_MULTIPROC_DIR`, which has to be
set before Python starts, as `handoff serve` does.
"""

from __future__ import annotations

import os
import time

import structlog
from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
PREFIX = "handoff-metrics-"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


def count_requests(app: Flask) -> None:
    """Count what the app answers, and show it at `/metrics`."""
    registry = CollectorRegistry()
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

    metrics = Blueprint("metrics", __name__)

    @metrics.get("/metrics")
    def _show() -> Response:
        return Response(
            generate_latest(_of_all_workers(registry)), content_type=CONTENT_TYPE_LATEST
        )

    app.register_blueprint(metrics)


def _of_all_workers(registry: CollectorRegistry) -> CollectorRegistry:
    if DIRECTORY not in os.environ:
        return registry
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together

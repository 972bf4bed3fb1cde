"""`/metrics` for Prometheus: the number and the duration of requests, by rule and never by URL.

With several workers, each writes its own numbers into the folder PROMETHEUS_MULTIPROC_DIR, and any
worker answers for all of them. The variable must be set before Python starts; `handoff serve` sets
it.
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

from handoff.webhooks.backlog import WebhookBacklog

log = structlog.get_logger()

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
FOLDER_PREFIX = "handoff-metrics-"
_FILE_SIZE = 64 * 1024  # bytes, twice what all rules and codes need
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # seconds


def register_metrics(app: Flask, backlog: WebhookBacklog) -> None:
    """Count the requests of the app, and add `/metrics`."""
    registry, ledger_registry = CollectorRegistry(), CollectorRegistry()
    ledger_registry.register(backlog)
    if _preallocate_files():
        _count_requests(app, registry)

    @app.get("/metrics")
    def _show_metrics() -> Response:
        text = generate_latest(_collect_all_workers(registry))
        text += generate_latest(ledger_registry)  # the same numbers, whichever worker answers
        return Response(text, content_type=CONTENT_TYPE_LATEST)


def _count_requests(app: Flask, registry: CollectorRegistry) -> None:
    requests = Counter(
        "handoff_requests",
        "Requests by the rule of their address, status, and code of a problem or page.",
        ("rule", "status", "code"),
        registry=registry,
    )
    seconds = Histogram(
        "handoff_request_seconds",
        "How long requests took, the shop's part included.",
        ("rule",),
        buckets=_BUCKETS,
        registry=registry,
    )

    @app.after_request
    def _count_request(response: Response) -> Response:
        rule = request.url_rule.rule if request.url_rule else "(none)"
        context = structlog.contextvars.get_contextvars()
        code = context.get("code") or context.get("page") or ""
        requests.labels(rule, response.status_code, code).inc()
        seconds.labels(rule).observe(time.perf_counter() - g.started)
        return response


def _preallocate_files() -> bool:
    """Write this worker's files in their full size; if that fails, log it and return False.

    prometheus_client maps its files into memory. On a full disk the kernel would end the process
    with SIGBUS when it touches a page without disk space.
    """
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder is None:
        return True
    # These are prometheus_client's names. A dead worker with the same pid may have left a file.
    files = [Path(folder, f"{kind}_{os.getpid()}.db") for kind in ("counter", "histogram")]
    for file in files:
        try:
            if not file.exists():
                file.write_bytes(bytes(_FILE_SIZE))
        except OSError as error:
            file.unlink(missing_ok=True)
            log.error("metrics_disabled", reason=error.strerror)
            return False
    return True


def _collect_all_workers(registry: CollectorRegistry) -> CollectorRegistry:
    if FOLDER_VARIABLE not in os.environ:
        return registry
    merged = CollectorRegistry()
    MultiProcessCollector(merged)  # type: ignore[no-untyped-call]  # prometheus_client has no types
    return merged

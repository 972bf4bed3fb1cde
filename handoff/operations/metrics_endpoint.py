"""`/metrics` for Prometheus: the counts of all workers, and the values that all workers share.

Any worker answers for all of them. The worker that answers also reads the ledger.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence

import structlog
from flask import Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from handoff.deadline import set_request_deadline
from handoff.worker_metrics import FOLDER_VARIABLE, LogEventCounter, WorkerMetrics

_TIMEOUT = 7.5  # seconds for ledger and session store; Prometheus waits ten by default


def register_metrics(
    app: Flask, counted: WorkerMetrics | None, collectors: Sequence[Collector]
) -> None:
    """Count requests and log events, and add `/metrics`; `counted` is None without disk space."""
    measured = CollectorRegistry()
    for collector in collectors:
        measured.register(collector)
    if counted is not None:
        _count_requests(app, counted)
        logging.getLogger().addHandler(LogEventCounter(counted))

    @app.get("/metrics")
    def _show_metrics() -> Response:
        set_request_deadline(_TIMEOUT)
        text = b"" if counted is None else generate_latest(_collect_all_workers(counted))
        text += generate_latest(measured)
        return Response(text, content_type=CONTENT_TYPE_LATEST)


def _count_requests(app: Flask, metrics: WorkerMetrics) -> None:
    @app.after_request
    def _count_request(response: Response) -> Response:
        rule = request.url_rule.rule if request.url_rule else "(none)"
        context = structlog.contextvars.get_contextvars()
        code = context.get("code") or context.get("page") or ""
        seconds = time.perf_counter() - g.started
        metrics.count_request(rule, response.status_code, code, seconds)
        return response


def _collect_all_workers(counted: WorkerMetrics) -> CollectorRegistry:
    if FOLDER_VARIABLE not in os.environ:
        return counted.registry
    merged = CollectorRegistry()
    MultiProcessCollector(merged)  # type: ignore[no-untyped-call]  # prometheus_client has no types
    return merged

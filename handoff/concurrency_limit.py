"""Limits on how many requests of a worker process wait for the shop at once.

A slow shop delays each of its callers for seconds. If all threads of a worker waited for it,
shoppers with good links would wait as well, although their requests do not need the shop. Requests
without an API key have limits of their own, so that they cannot delay those that have one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.problems import Busy

if TYPE_CHECKING:
    from handoff.worker_metrics import WorkerMetrics


class ConcurrencyLimit:
    """A bounded semaphore; safe to share between threads."""

    def __init__(self, slots: int, name: str = "", metrics: WorkerMetrics | None = None) -> None:
        """`slots` is how many blocks may run at once; `metrics` shows them under the name."""
        self._semaphore = threading.BoundedSemaphore(slots)
        self._name = name
        self._metrics = metrics
        if metrics:
            metrics.add_slots(name, slots)

    @contextmanager
    def acquire_slot(self, wait_seconds: float) -> Iterator[None]:
        """Hold a slot for the block; raise Busy if none becomes free within `wait_seconds`."""
        if not self._semaphore.acquire(timeout=wait_seconds):
            if self._metrics:
                self._metrics.count_slot_refusal(self._name)
            raise Busy
        try:
            with self._metrics.count_slot_in_use(self._name) if self._metrics else nullcontext():
                yield
        finally:
            self._semaphore.release()


@dataclass(frozen=True, slots=True)
class ShopCallLimits:
    """The limits of one worker, by the kind of its requests."""

    transfers: ConcurrencyLimit
    direct_entries: ConcurrencyLimit
    order_lookups: ConcurrencyLimit


def build_shop_call_limits(
    threads: int, *, direct_entry: bool, metrics: WorkerMetrics | None = None
) -> ShopCallLimits:
    """Return limits that leave at least one of a worker's threads to links, if it has four.

    Without `direct_entry`, no thread is kept for it.
    """
    direct_entries, order_lookups = max(1, threads * 3 // 16), max(1, threads // 16)
    left = threads - order_lookups - (direct_entries if direct_entry else 0) - 1
    transfers = max(1, min(threads * 3 // 4, left))
    return ShopCallLimits(
        ConcurrencyLimit(transfers, "transfers", metrics),
        ConcurrencyLimit(direct_entries, "direct_entries", metrics if direct_entry else None),
        ConcurrencyLimit(order_lookups, "order_lookups", metrics),
    )

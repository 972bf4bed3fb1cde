"""Asking the shop again when a connection has broken."""

from __future__ import annotations

from collections.abc import Iterable

import stamina

from handoff.deadline import Deadline
from handoff.problems import ShopDropped, ShopTimeout


def retry_dropped_connections(deadline: Deadline) -> Iterable[stamina.Attempt]:
    """Try up to three times when the connection breaks, within the deadline."""
    if deadline.passed:
        raise ShopTimeout
    return stamina.retry_context(
        on=ShopDropped,
        attempts=3,
        timeout=deadline.remaining,
        wait_initial=0.05,
        wait_max=0.5,
        wait_jitter=0.05,
    )

"""The one retry policy for calls to the shop: a broken connection is tried again, with backoff."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import stamina

from handoff.deadline import Deadline
from handoff.magento.client import ShopDropped
from handoff.problems import ShopTimeout

_T = TypeVar("_T")


def retry_dropped_connections(call: Callable[[], _T], deadline: Deadline) -> _T:
    """Return the result of a call, made up to three times while its connection breaks.

    The pauses grow from 50 ms to 500 ms at most. Raises ShopDropped after the last try, and
    ShopTimeout if the deadline has passed before the first.
    """
    if deadline.has_passed:
        raise ShopTimeout
    for attempt in stamina.retry_context(
        on=ShopDropped,
        attempts=3,
        timeout=deadline.remaining,
        wait_initial=0.05,
        wait_max=0.5,
        wait_jitter=0.05,
    ):
        with attempt:
            return call()
    raise AssertionError("stamina raises the last error")

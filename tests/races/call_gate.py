"""A gate in front of the stand-in shop that holds a call until the test releases it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.magento.faulty_shop import Call
from tests.magento.shop_behaviours import forwards_to
from tests.running_servers import RunningShop

TIMEOUT = 20.0  # seconds


class CallGate:
    """Passes calls on to a shop, except the one that a test wants to hold."""

    def __init__(self, shop: RunningShop) -> None:
        self._stand_in = forwards_to(shop.url)
        self._held: Callable[[Call], bool] = lambda call: False
        self._arrived = threading.Event()
        self._open = threading.Event()
        self._caught: Call | None = None
        self._lock = threading.Lock()

    def __call__(self, call: Call) -> None:
        with self._lock:
            caught = self._held(call)
            if caught:
                self._held, self._caught = lambda call: False, call
        if not caught:
            self._stand_in(call)
            return
        self._arrived.set()
        if self._open.wait(TIMEOUT):
            self._stand_in(call)

    def hold_next(self, held: Callable[[Call], bool]) -> None:
        """Hold the next call for which `held` is true, and no other."""
        self._arrived.clear()
        self._open.clear()
        self._held = held

    def wait_for_held_call(self) -> Call:
        """Wait until a call is held, and return it."""
        assert self._arrived.wait(TIMEOUT)
        assert self._caught is not None
        return self._caught

    def release(self) -> None:
        """Pass the held call on."""
        self._open.set()

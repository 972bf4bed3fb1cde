"""A gate before the stand-in shop, that holds a call for as long as a test wants."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.magento.faulty_shop import Call
from tests.magento.shop_behaviours import forwards_to
from tests.running import RunningShop

PATIENCE = 20.0  # seconds; a bound for what should take far less


class Gate:
    """Lets the calls to a shop through, until told to hold the next one of a kind."""

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
        if self._open.wait(PATIENCE):
            self._stand_in(call)

    def hold_next(self, held: Callable[[Call], bool]) -> None:
        """Hold the next call of a kind, and no other."""
        self._arrived.clear()
        self._open.clear()
        self._held = held

    def caught(self) -> Call:
        """Wait for the call that is held."""
        assert self._arrived.wait(PATIENCE)
        assert self._caught is not None
        return self._caught

    def let_go(self) -> None:
        """Let the call through that is held."""
        self._open.set()

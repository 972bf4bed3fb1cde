"""Whether shoppers can be let in: what has to be reached for it, looked at now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from handoff.ledger import HandoffRepository
from handoff.problems import LedgerUnavailable
from handoff.shop_session import SessionStore, SessionStoreError

OK, FAILING = "ok", "failing"
_FRESH = 1.0  # seconds

log = structlog.get_logger()


class Readiness:
    """Looks whether the ledger can be read and the session store be written.

    A look writes to the session store, and at one that is silent it takes seconds. So there is one
    a second at most and one at a time; whoever asks meanwhile is told what the last has seen.
    """

    def __init__(
        self,
        ledger: HandoffRepository,
        sessions: SessionStore,
        *,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take a clock in seconds. Looks at nothing yet."""
        self._ledger = ledger
        self._sessions = sessions
        self._elapsed = elapsed
        self._looking = threading.Lock()
        self._seen: dict[str, str] = {}
        self._fresh_until = 0.0

    def parts(self) -> dict[str, str]:
        """Return `ok` or `failing` for each part. Never asks the shop."""
        if self._looking.acquire(blocking=not self._seen):
            try:
                if not self._seen or self._elapsed() >= self._fresh_until:
                    self._seen = {"ledger": self._look_at_ledger(), "session_store": self._write()}
                    self._fresh_until = self._elapsed() + _FRESH
            finally:
                self._looking.release()
        return self._seen

    def _look_at_ledger(self) -> str:
        try:
            self._ledger.find("")
        except LedgerUnavailable:
            return FAILING
        return OK

    def _write(self) -> str:
        try:
            self._sessions.check_writable()
        except SessionStoreError as error:
            log.error("session_store_unavailable", reason=str(error))
            return FAILING
        return OK

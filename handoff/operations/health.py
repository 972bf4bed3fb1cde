"""`/healthz`: does this process answer? `/readyz`: can shoppers use their links?"""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus

import structlog
from flask import Flask, Response, jsonify

from handoff import __version__
from handoff.ledger.admin_login_block import LedgerLoginBlock
from handoff.ledger.database import Database
from handoff.problems import LedgerUnavailable
from handoff.recent_value import RecentValue
from handoff.shop_session.session_provider import SessionProvider
from handoff.shop_session.store import SessionStoreError
from handoff.webhooks.backlog import WebhookBacklog

_OK, _FAILING = "ok", "failing"
_REFUSED, _UNKNOWN = "refused", "unknown"
_FRESH_FOR = 1.0  # seconds

log = structlog.get_logger()


class ReadinessCheck:
    """Checks whether the ledger and the session store can be written.

    A check writes to both, and takes seconds if one of them does not answer. So there is only one
    check at a time and at most one a second. Meanwhile other callers get the last result.
    """

    def __init__(
        self,
        ledger: Database,
        sessions: SessionProvider,
        login_block: LedgerLoginBlock | None = None,
        backlog: WebhookBacklog | None = None,
        *,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """`login_block` is None without an administrator's login. `elapsed` is a clock in seconds.

        Nothing is checked yet.
        """
        self._ledger = ledger
        self._sessions = sessions
        self._login_block = login_block
        self._backlog = backlog
        self._last_states = RecentValue(self._check_parts, seconds=_FRESH_FOR, elapsed=elapsed)

    def check_parts(self) -> dict[str, str | int]:
        """Return `ok` or `failing` for each part. The shop is never called.

        `admin_login` is `refused` while a login is not tried, and `webhooks` is `behind` while an
        event waits for long. Shoppers can use their links all the same.
        """
        return self._last_states.get(wait=False)

    def _check_parts(self) -> dict[str, str | int]:
        return {
            "ledger": self._check_ledger(),
            "session_store": self._check_session_store(),
            **self._check_admin_login(),
            **(self._backlog.read_readiness_fields() if self._backlog else {}),
        }

    def _check_ledger(self) -> str:
        try:
            self._ledger.check_writable()
        except LedgerUnavailable:
            return _FAILING
        return _OK

    def _check_admin_login(self) -> dict[str, str]:
        if self._login_block is None:
            return {}
        try:
            return {"admin_login": _REFUSED if self._login_block.is_set() else _OK}
        except LedgerUnavailable:
            return {"admin_login": _UNKNOWN}

    def _check_session_store(self) -> str:
        try:
            self._sessions.check_and_clean_up()
        except SessionStoreError as error:
            log.error("session_store_unavailable", reason=str(error))
            return _FAILING
        return _OK


def register_health_endpoints(app: Flask, readiness: ReadinessCheck, *, is_paused: bool) -> None:
    """Add `/healthz` and `/readyz`.

    While the service is paused, `/readyz` is 200 in any case: a platform that removed the workers
    would also remove the page that asks shoppers to come back.
    """

    @app.get("/healthz")
    def _show_health() -> dict[str, str]:
        return {"status": _OK, "version": __version__}

    @app.get("/readyz")
    def _show_readiness() -> Response:
        parts = readiness.check_parts()
        is_ready = _FAILING not in parts.values()
        body: dict[str, object] = {"status": _OK if is_ready else _FAILING, **parts}
        response = jsonify(body | {"paused": True} if is_paused else body)
        is_up = is_ready or is_paused
        response.status_code = HTTPStatus.OK if is_up else HTTPStatus.SERVICE_UNAVAILABLE
        response.headers["Cache-Control"] = "no-store"
        return response

"""The service in this process, with a ledger of its own, for the shop of a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from handoff.app_factory import create_app
from handoff.ledger.database import Database
from handoff.ledger.tables import handoff, lease
from handoff.settings import load_settings
from tests.conftest import Poq, create_settings


@dataclass(frozen=True, slots=True)
class ServiceInProcess:
    """A service, and Poq's cloud to call it."""

    app: Flask
    poq: Poq

    def handoffs(self) -> list[dict[str, Any]]:
        """Return the rows of the ledger."""
        return self._rows(handoff)

    def leases(self) -> list[dict[str, Any]]:
        """Return the leases that are held, or that were left behind."""
        return self._rows(lease)

    def _rows(self, table: Any) -> list[dict[str, Any]]:
        database: Database = self.app.extensions["handoff.objects"].database
        with database.open_read_connection() as connection:
            return [dict(row) for row in connection.execute(select(table)).mappings()]


@contextmanager
def run_service(shop_url: str, folder: Path, **changes: Any) -> Iterator[ServiceInProcess]:
    """Run the service for a shop. `changes` are settings.

    The preflight is off by default, so that tests can count the calls of a transfer.
    """
    sessions = folder / "sessions"
    sessions.mkdir(exist_ok=True)
    values = {**create_settings(shop_url, sessions, folder), "checkout_preflight": "off"}
    app = create_app(load_settings(**{**values, **changes}))
    try:
        yield ServiceInProcess(app, Poq(app.test_client()))
    finally:
        app.extensions["handoff.objects"].database.close()

"""Runs each test of the ledger on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import BOTH, FakeClock, create_ledger
from tests.ledger.stored_handoffs import LedgerWithHandoffs


@pytest.fixture(params=BOTH)
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a ledger without handoffs."""
    return create_ledger(request, tmp_path)


@pytest.fixture(params=BOTH)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    return create_ledger(request, tmp_path / "new")


@pytest.fixture
def ledger(ledger_url: str, clock: FakeClock) -> Iterator[LedgerWithHandoffs]:
    """A ledger with tables, whose clock the test turns."""
    ledger = LedgerWithHandoffs(ledger_url, clock)
    yield ledger
    ledger.database.close()

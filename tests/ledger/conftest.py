"""Runs each test of the ledger on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.conftest import BOTH, FakeClock, new_ledger
from tests.ledger.stored_handoffs import LedgerWithHandoffs

NewLedgerUrl = Callable[[], str]


@pytest.fixture(params=BOTH)
def new_ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> NewLedgerUrl:
    """Return a function that returns the address of another empty ledger at each call."""
    numbers = count()
    return lambda: new_ledger(request, tmp_path / str(next(numbers)))


@pytest.fixture
def ledger_url(new_ledger_url: NewLedgerUrl) -> str:
    """The address of an empty ledger."""
    return new_ledger_url()


@pytest.fixture
def ledger(ledger_url: str, clock: FakeClock) -> Iterator[LedgerWithHandoffs]:
    """A ledger with tables, whose clock the test turns."""
    ledger = LedgerWithHandoffs(ledger_url, clock)
    yield ledger
    ledger.database.close()

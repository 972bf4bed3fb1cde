"""Each test of the ledger runs on both databases."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.conftest import BOTH, new_ledger

NewLedger = Callable[[], str]


@pytest.fixture(params=BOTH)
def new_ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> NewLedger:
    """Return what gives the address of one empty ledger after the other."""
    numbers = count()
    return lambda: new_ledger(request, tmp_path / str(next(numbers)))


@pytest.fixture
def ledger_url(new_ledger_url: NewLedger) -> str:
    """The address of an empty ledger."""
    return new_ledger_url()

"""The form style while the ledger cannot be written: the result page has to hold the link."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.browser.poq_cloud import Poq
from tests.browser.web_view import WebView

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def environment_changes() -> dict[str, str]:
    return {"HANDOFF_INSTRUCTION": "form"}


def test_try_again_works_when_the_ledger_is_back(poq: Poq, web_view: WebView, folder: Path) -> None:
    web_view.page.set_default_navigation_timeout(20_000)
    instruction = poq.transfer_bag(("ITEM-12", 1))
    with closing(sqlite3.connect(folder / "handoff.db", isolation_level=None)) as ledger:
        ledger.execute("BEGIN IMMEDIATE")
        web_view.follow(instruction)
        web_view.sees("The shop cannot be reached right now")
        ledger.execute("ROLLBACK")
    web_view.tap("Try again")
    assert web_view.checkout().lines == {"ITEM-12": 1}

"""The deadline of a request covers its wait for the ledger."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.conftest import BOTH, new_ledger
from tests.races.conftest import build_environment
from tests.races.ledger_access import issue_links, locked_ledger
from tests.races.simultaneous_requests import (
    build_bag,
    build_entry_request,
    build_transfer_request,
    send,
    send_simultaneously,
    sorted_statuses,
)
from tests.running import RunningShop, running_service

_LEDGER_TIMEOUT = 2.5  # seconds; the ledger's own timeouts are longer


@pytest.fixture(params=BOTH)
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty ledger."""
    return new_ledger(request, tmp_path)


def test_a_request_waits_for_the_ledger_until_its_deadline_only(
    shop: RunningShop, ledger_url: str, tmp_path: Path
) -> None:
    settings = build_environment(shop.url, ledger_url, tmp_path, HANDOFF_MAGENTO_TIMEOUT="0.5")
    with running_service(settings, tmp_path, workers=1) as service:
        [link] = issue_links(ledger_url, 1)
        asked = [build_transfer_request(build_bag("held", 1)), build_entry_request("POST", link)]
        with locked_ledger(ledger_url):
            for each in asked:
                began = time.monotonic()
                assert send(service.url, each).status == 503
                assert time.monotonic() - began < _LEDGER_TIMEOUT
            # More than there are connections to a ledger; each request may wait for 0.5 s.
            began = time.monotonic()
            assert (
                sorted_statuses(
                    send_simultaneously(service.url, [build_entry_request("POST", link)] * 16)
                )
                == [503] * 16
            )
            assert time.monotonic() - began < 4 * 0.5
        assert send(service.url, build_entry_request("POST", link)).status == 303

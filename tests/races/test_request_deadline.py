"""The deadline of a request covers its wait for the ledger."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import BOTH, create_ledger
from tests.races.conftest import build_environment
from tests.races.ledger_access import issue_links, locked_ledger
from tests.races.simultaneous_requests import (
    build_bag,
    build_entry_request,
    build_transfer_request,
    send,
    send_simultaneously,
)
from tests.running_servers import RunningShop, running_service

pytestmark = pytest.mark.processes

_LEDGER_TIMEOUT = 2.5  # seconds; the ledger's own timeouts are 3 s and more


@pytest.fixture(params=BOTH)
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty ledger."""
    return create_ledger(request, tmp_path)


def test_a_request_waits_for_the_ledger_until_its_deadline_only(
    shop: RunningShop, ledger_url: str, tmp_path: Path
) -> None:
    settings = build_environment(shop.url, ledger_url, tmp_path, HANDOFF_MAGENTO_TIMEOUT="0.5")
    with running_service(settings, tmp_path, workers=1) as service:
        [link] = issue_links(ledger_url, 1)
        asked = [build_transfer_request(build_bag("held", 1)), build_entry_request("POST", link)]
        with locked_ledger(ledger_url):
            for each in asked:
                assert is_refused_in_time(service.url, [each])
            # More than there are connections to a ledger; each request may wait for 0.5 s.
            assert is_refused_in_time(service.url, [build_entry_request("POST", link)] * 16)
        assert send(service.url, build_entry_request("POST", link)).status == 303


def is_refused_in_time(url: str, requests: Sequence[bytes]) -> bool:
    """Require that requests are answered 503, and return whether all are before the timeout.

    They are sent up to ten times: a busy machine delays answers, but none shortens a timeout.
    """
    for _ in range(10):
        began = time.monotonic()
        assert {answer.status for answer in send_simultaneously(url, requests)} == {503}
        if time.monotonic() - began < _LEDGER_TIMEOUT:
            return True
    return False

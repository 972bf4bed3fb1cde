"""One limit of time for all that a request waits for."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.conftest import BOTH, new_ledger
from tests.races.at_once import at_once, bag, entry_request, one, statuses, transfer_request
from tests.races.conftest import environment
from tests.races.ledgers import held, make_links
from tests.running import RunningShop, running_service

_LEDGERS_OWN = 2.5  # seconds, for less than which a ledger has patience with nobody


@pytest.fixture(params=BOTH)
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty ledger."""
    return new_ledger(request, tmp_path)


def test_a_request_waits_for_the_ledger_no_longer_than_it_may_take(
    shop: RunningShop, ledger_url: str, tmp_path: Path
) -> None:
    settings = environment(shop.url, ledger_url, tmp_path, HANDOFF_MAGENTO_TIMEOUT="0.5")
    with running_service(settings, tmp_path, workers=1) as service:
        [link] = make_links(ledger_url, 1)
        asked = [transfer_request(bag("held", 1)), entry_request("POST", link)]
        with held(ledger_url):
            for each in asked:
                began = time.monotonic()
                assert one(service.url, each).status == 503
                assert time.monotonic() - began < _LEDGERS_OWN
            # Four times as many as there are connections to a ledger, which each has for 0.5 s.
            began = time.monotonic()
            assert statuses(at_once(service.url, [entry_request("POST", link)] * 16)) == [503] * 16
            assert time.monotonic() - began < 4 * 0.5
        assert one(service.url, entry_request("POST", link)).status == 303

"""A wrong administrator's password under load: one try for all workers, and one after a reload."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import BOTH, create_ledger
from tests.magento.faulty_shop import FaultyShop, faulty_shop
from tests.magento.shop_behaviours import forwards_to
from tests.races.conftest import build_environment
from tests.races.ledger_access import issue_links
from tests.races.simultaneous_requests import (
    build_entry_request,
    send,
    send_simultaneously,
    sort_statuses,
)
from tests.running_servers import RunningService, RunningShop, running_service

pytestmark = pytest.mark.processes

LOGIN = "POST /rest/default/V1/integration/admin/token"


@pytest.fixture(params=BOTH)
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty ledger."""
    return create_ledger(request, tmp_path)


def use_links(service: RunningService, links: list[str]) -> None:
    for link in links:
        assert send(service.url, build_entry_request("POST", link)).status == 303


def open_used_links(service: RunningService, links: list[str]) -> None:
    """Open links in other web views, at the same instant, so that the orders are looked up."""
    answers = send_simultaneously(service.url, [build_entry_request("GET", link) for link in links])
    assert sort_statuses(answers) == [410] * len(links)


def test_a_wrong_password_is_tried_once_and_once_more_after_a_reload(
    shop: RunningShop, ledger_url: str, tmp_path: Path
) -> None:
    with faulty_shop(forwards_to(shop.url)) as between:
        settings = build_environment(
            between.url,
            ledger_url,
            tmp_path,
            HANDOFF_MAGENTO_ADMIN_USERNAME="admin",
            HANDOFF_MAGENTO_ADMIN_PASSWORD="a wrong password",
        )
        with running_service(settings, tmp_path, workers=2) as service:
            links = issue_links(ledger_url, 16)
            use_links(service, links)
            open_used_links(service, links[:8])
            assert count_logins(between) == 1
            service.reload()
            open_used_links(service, links[8:])
            assert count_logins(between) == 2


def count_logins(between: FaultyShop) -> int:
    return between.paths().count(LOGIN)

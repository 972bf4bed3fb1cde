"""Equal forms at the same instant: each has the quote's credentials, and each is let in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.conftest import BOTH, create_ledger
from tests.races.conftest import build_environment
from tests.races.ledger_access import read_handoffs, read_leases, select_current
from tests.races.simultaneous_requests import (
    build_entry_request,
    build_request,
    send_simultaneously,
    sort_statuses,
)
from tests.running_servers import RunningService, RunningShop, running_service
from tests.service_calls import post_transfer

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def direct_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("direct")


@pytest.fixture(scope="module", params=BOTH)
def direct_ledger(request: pytest.FixtureRequest, direct_folder: Path) -> str:
    return create_ledger(request, direct_folder)


@pytest.fixture(scope="module")
def direct(shop: RunningShop, direct_ledger: str, direct_folder: Path) -> Iterator[RunningService]:
    """Four workers with direct entry."""
    values = build_environment(
        shop.url,
        direct_ledger,
        direct_folder,
        HANDOFF_DIRECT_ENTRY="true",
        GUNICORN_CMD_ARGS="--threads 32",  # six places for direct entries in each worker
    )
    with running_service(values, direct_folder, workers=4) as service:
        yield service


def build_form_request(**form: str) -> bytes:
    """Return a web view's request with the credentials of a quote."""
    content_type = ("Content-Type", "application/x-www-form-urlencoded")
    return build_request("POST", "/enter", content_type, body=urlencode(form).encode())


def assert_all_entered(
    direct: RunningService, ledger: str, asked: bytes, count: int, quote: int
) -> None:
    """Require that all are redirected to checkout, and that one handoff of the quote is current."""
    answers = send_simultaneously(direct.url, [asked] * count)
    assert sort_statuses(answers) == [303] * count
    assert len({answer.cookies["PHPSESSID"] for answer in answers}) == count
    rows = [row for row in read_handoffs(ledger) if row["quote_number"] == quote]
    [current] = select_current(rows)
    assert current["used_at"] is not None
    assert read_leases(ledger) == []


@pytest.mark.parametrize("count", [2, 3, 6])
def test_equal_forms_of_a_guest(
    count: int, direct: RunningService, direct_ledger: str, shop: RunningShop
) -> None:
    masked_id = shop.create_guest_quote(("ITEM-01", 2))
    number = int(shop.call_rest("GET", f"guest-carts/{masked_id}")["id"])
    asked = build_form_request(quote_id=masked_id)
    assert_all_entered(direct, direct_ledger, asked, count, number)


@pytest.mark.parametrize("count", [2, 6])
def test_equal_forms_of_a_customer(
    count: int, direct: RunningService, direct_ledger: str, shop: RunningShop
) -> None:
    token = shop.log_in_customer()
    number = shop.fill_customer_quote(token, ("ITEM-01", 2))
    asked = build_form_request(quote_id=str(number), token_id=token)
    assert_all_entered(direct, direct_ledger, asked, count, number)


def test_a_form_and_a_link_of_the_same_quote_at_the_same_instant(
    direct: RunningService, shop: RunningShop
) -> None:
    """The form always leads to checkout; the link does too, or is refused with 410."""
    for _ in range(5):
        masked_id = shop.create_guest_quote(("ITEM-01", 1))
        link = post_transfer(direct.url, {"quote_id": masked_id}).json()["url"]
        asked = [build_form_request(quote_id=masked_id), build_entry_request("POST", link)]
        form, by_link = send_simultaneously(direct.url, asked)
        assert form.status == 303
        assert by_link.status in (303, 410)

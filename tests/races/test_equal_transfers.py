"""Equal transfers at the same instant: one cart, one handoff and one answer."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.races.ledger_access import read_handoffs, read_leases, select_current
from tests.races.simultaneous_requests import (
    build_entry_request,
    build_transfer_request,
    send_simultaneously,
    sort_statuses,
)
from tests.running_servers import RunningService, RunningShop

pytestmark = pytest.mark.processes

ROUNDS = 3
BAGS: dict[str, list[dict[str, Any]]] = {
    "one line": [{"sku": "ITEM-01", "quantity": 2}],
    "three lines": [{"sku": f"ITEM-0{n}", "quantity": n} for n in (1, 2, 3)],
}


def build_bag(items: list[dict[str, Any]], reference: str) -> dict[str, Any]:
    return {"items": items, "currency": "GBP", "reference": reference}


def count_carts(shop: RunningShop) -> int:
    """Return how many carts the shop has created, including the one that this creates."""
    return int(shop.call_rest("GET", f"guest-carts/{shop.create_guest_quote()}")["id"])


@pytest.mark.parametrize("items", BAGS.values(), ids=list(BAGS))
@pytest.mark.parametrize("number", range(ROUNDS))
def test_ten_equal_bags_at_once_are_one_cart_and_one_handoff(
    items: list[dict[str, Any]],
    number: int,
    service: RunningService,
    shop: RunningShop,
    ledger: str,
) -> None:
    carts, rows = count_carts(shop), len(read_handoffs(ledger))
    asked = build_transfer_request(build_bag(items, f"equal-{len(items)}-{number}"))
    answers = send_simultaneously(service.url, [asked] * 10)
    assert sort_statuses(answers) == [200] * 10
    assert len({answer.json["url"] for answer in answers}) == 1
    assert all(answer.json == answers[0].json for answer in answers)
    assert count_carts(shop) == carts + 2  # the transferred one, and the one that counting created
    assert len(read_handoffs(ledger)) == rows + 1
    assert read_leases(ledger) == []


def test_spellings_of_one_reference_are_one_transfer(
    service: RunningService, shop: RunningShop, ledger: str
) -> None:
    carts, rows = count_carts(shop), len(read_handoffs(ledger))
    with_hyphens = "6F9619FF-8B86-D011-B42D-00CF4FC964FF"
    spellings = [with_hyphens, with_hyphens.replace("-", ""), with_hyphens.lower()]
    asked = [
        build_transfer_request(build_bag(BAGS["one line"], spelling)) for spelling in spellings * 3
    ]
    answers = send_simultaneously(service.url, asked)
    assert len({answer.json["url"] for answer in answers}) == 1
    assert count_carts(shop) == carts + 2
    assert len(read_handoffs(ledger)) == rows + 1


def test_ten_equal_transfers_of_a_guests_quote_are_one_handoff(
    service: RunningService, shop: RunningShop, ledger: str
) -> None:
    for _ in range(ROUNDS):
        masked_id = shop.create_guest_quote(("ITEM-01", 2))
        carts, rows = count_carts(shop), len(read_handoffs(ledger))
        asked = [
            build_transfer_request({"quote_id": each}) for each in (masked_id, masked_id.lower())
        ]
        answers = send_simultaneously(service.url, asked * 5)
        assert sort_statuses(answers) == [200] * 10
        assert len({answer.json["url"] for answer in answers}) == 1
        assert count_carts(shop) == carts + 1
        assert len(read_handoffs(ledger)) == rows + 1
    assert read_leases(ledger) == []


def test_ten_equal_transfers_of_a_customers_quote_are_one_handoff(
    service: RunningService, shop: RunningShop, ledger: str
) -> None:
    tokens = [shop.log_in_customer() for _ in range(2)]
    number = shop.fill_customer_quote(tokens[0], ("ITEM-01", 2))
    rows = len(read_handoffs(ledger))
    asked = [
        build_transfer_request({"quote_id": spelling, "token_id": token})
        for spelling in (number, str(number))
        for token in tokens
    ]
    answers = send_simultaneously(service.url, asked * 3)
    assert sort_statuses(answers) == [200] * 12
    assert len({answer.json["url"] for answer in answers}) == 1
    assert len(read_handoffs(ledger)) == rows + 1
    assert read_leases(ledger) == []


def test_ten_transfers_of_one_quote_under_ten_references_leave_one_live_link(
    service: RunningService, shop: RunningShop, ledger: str
) -> None:
    masked_id = shop.create_guest_quote(("ITEM-01", 2))
    asked = [
        build_transfer_request({"quote_id": masked_id, "reference": f"ten-{n}"}) for n in range(10)
    ]
    answers = send_simultaneously(service.url, asked)
    assert sort_statuses(answers) == [200] * 10
    assert_one_opens(service, [answer.json["url"] for answer in answers], 10)
    [row] = select_current(
        [row for row in read_handoffs(ledger) if (row["reference"] or "").startswith("ten-")]
    )
    assert row["used_at"] is not None


def test_ten_different_bags_under_one_reference_leave_one_live_link(
    service: RunningService, shop: RunningShop, ledger: str
) -> None:
    bags = [[{"sku": "ITEM-01", "quantity": quantity}] for quantity in range(1, 11)]
    asked = [build_transfer_request(build_bag(items, "contested")) for items in bags]
    answers = send_simultaneously(service.url, asked)
    assert sort_statuses(answers) == [200] * 10
    assert_one_opens(service, [answer.json["url"] for answer in answers], 10)
    assert (
        len(
            select_current(
                [row for row in read_handoffs(ledger) if row["reference"] == "contested"]
            )
        )
        == 1
    )


def test_ten_equal_bags_that_the_shop_refuses_are_ten_equal_refusals(
    service: RunningService, ledger: str
) -> None:
    rows = len(read_handoffs(ledger))
    asked = build_transfer_request(build_bag([{"sku": "NO-SUCH", "quantity": 1}], "refused"))
    answers = send_simultaneously(service.url, [asked] * 10)
    assert sort_statuses(answers) == [422] * 10
    assert all(answer.json == answers[0].json for answer in answers)
    assert len(read_handoffs(ledger)) == rows
    assert read_leases(ledger) == []


def assert_one_opens(service: RunningService, links: list[str], different: int) -> None:
    """Require that exactly one of these links can be used."""
    assert len(set(links)) == different
    answers = send_simultaneously(
        service.url, [build_entry_request("POST", link) for link in links]
    )
    assert Counter(answer.status for answer in answers) == {303: 1, 410: len(links) - 1}

"""Reconciling: which state each reference is in, and what the shop is asked."""

from __future__ import annotations

from itertools import pairwise

import pytest

from handoff.magento.order_models import OrderWithLines
from handoff.magento.orders import Orders
from handoff.problems import ShopUnavailable
from handoff.reconciliation.report import ReportEntry
from tests.reconciliation.desk import Desk

DAY = 24 * 3600.0


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """Note which quotes the shop is asked about, and how often."""
    noted: list[set[int]] = []
    ask = Orders.find_orders

    def noting(self: Orders, numbers: set[int]) -> list[OrderWithLines]:
        noted.append(set(numbers))
        return list(ask(self, numbers))

    monkeypatch.setattr(Orders, "find_orders", noting)
    return noted


def test_an_order_equal_to_the_bag_is_matched(desk: Desk) -> None:
    desk.buy(desk.hand_over("r"))
    [entry] = desk.reconciler().due()
    assert (entry.reference, entry.state.value, entry.final) == ("r", "matched", True)
    assert [order["number"] for order in entry.orders] == ["000000001"]


def test_what_was_opened_and_not_ordered_stays_open(desk: Desk) -> None:
    desk.hand_over("r")
    [entry] = desk.reconciler().due()
    assert (entry.state.value, entry.final) == ("not_ordered", False)


def test_a_bag_that_was_never_opened_is_settled_when_its_link_expires(
    desk: Desk, asked: list[set[int]]
) -> None:
    desk.hand_over_bag("r", opened=False)
    [early] = desk.reconciler().due()
    assert (early.state.value, early.final) == ("never_opened", False)
    assert desk.due() == {}
    desk.clock.turn(seconds=301)
    [late] = desk.reconciler().due()
    assert (late.state.value, late.final) == ("never_opened", True)
    assert asked == [set(), set()]


def test_an_order_with_other_items_differs_and_names_the_lines(desk: Desk) -> None:
    masked_id = desk.hand_over("r", ("ITEM-01", 2), ("ITEM-02", 1))
    for sku, quantity in (("ITEM-01", 1), ("ITEM-03", 4)):
        item = {"cartItem": {"sku": sku, "qty": quantity}}
        desk.shop.rest("POST", f"guest-carts/{masked_id}/items", body=item)
    desk.buy(masked_id)
    [entry] = desk.reconciler().due()
    assert entry.state.value == "differs"
    assert entry.as_json()["differences"] == [
        {"code": "quantity_differs", "sku": "ITEM-01", "bag": "2", "ordered": "3"},
        {"code": "foreign_in_order", "sku": "ITEM-03", "bag": "0", "ordered": "4"},
    ]


def test_a_reference_with_two_orders_is_told_with_both(desk: Desk) -> None:
    first = desk.hand_over("r")
    desk.buy(first)
    assert desk.due() == {"r": "matched"}
    desk.buy(desk.hand_over("r"))
    [entry] = desk.reconciler().due()
    assert entry.state.value == "two_orders"
    assert [order["number"] for order in entry.orders] == ["000000001", "000000002"]


def test_a_reference_that_the_ledger_does_not_hold_is_unknown(desk: Desk) -> None:
    desk.buy(desk.hand_over("Ab-1"))
    assert desk.asked("nobody", "aB1") == {"nobody": "unknown_reference", "Ab-1": "matched"}


def test_an_order_belongs_to_the_handoff_that_was_bound_last(desk: Desk) -> None:
    masked_id = desk.hand_over("first")
    quote = {"quote_id": masked_id}
    desk.clock.turn(seconds=10)
    desk.hand_over_again("second", quote)
    desk.clock.turn(seconds=10)
    desk.hand_over_again("third", quote, opened=False)
    desk.buy(masked_id)
    expected = {"first": "not_ordered", "second": "matched", "third": "never_opened"}
    assert desk.due() == expected
    assert desk.due() == {}  # all three are settled
    assert desk.asked(*expected) == expected


def test_a_quote_that_was_ordered_without_its_link_is_said_to_be(desk: Desk) -> None:
    desk.buy(desk.hand_over("r", opened=False))
    [entry] = desk.reconciler().due()
    assert (entry.state.value, entry.final) == ("never_opened", True)
    assert [order["number"] for order in entry.orders] == ["000000001"]


def test_the_shop_is_asked_about_nothing_that_is_settled(desk: Desk, asked: list[set[int]]) -> None:
    desk.buy(desk.hand_over("r"))
    for _ in range(2):
        desk.due()
        desk.asked("r")
        desk.of_period(0, desk.clock.now + 1)
        desk.clock.turn(seconds=DAY)
    assert [numbers for numbers in asked if numbers] == [{1}]


def test_an_open_handoff_is_asked_about_less_and_less_until_thirty_days_have_passed(
    desk: Desk, asked: list[set[int]]
) -> None:
    desk.hand_over("r")
    opened = desk.clock.now
    moments = []
    for _ in range(31 * 24):
        asked.clear()
        desk.due()
        if any(asked):
            moments.append((desk.clock.now - opened) // 3_600_000)
        desk.clock.turn(seconds=3600)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert moments[:4] == [0, 1, 2, 3]
    assert gaps[:-1] == sorted(gaps[:-1])
    assert 20 < len(moments) < 40
    assert moments[-1] == 30 * 24
    assert desk.asked("r") == {"r": "not_ordered"}
    assert not any(asked[1:])  # that, too, is settled


def test_a_reference_is_asked_about_at_once_whatever_is_due(desk: Desk) -> None:
    masked_id = desk.hand_over("r")
    assert desk.due() == {"r": "not_ordered"}
    desk.buy(masked_id)
    assert desk.due() == {}
    assert desk.asked("r") == {"r": "matched"}


def test_a_period_reports_what_was_handed_over_in_it_settled_or_not(desk: Desk) -> None:
    start = desk.clock.now
    desk.buy(desk.hand_over("early"))
    desk.due()
    desk.clock.turn(seconds=3600)
    desk.hand_over("late")
    end = desk.clock.now + 1
    assert desk.of_period(start, start + 1) == {"early": "matched"}
    assert desk.of_period(start + 1, end) == {"late": "not_ordered"}
    assert list(desk.of_period(start, end)) == ["early", "late"]
    assert desk.of_period(end, end + 1) == {}


def test_a_transfer_made_again_is_one_entry_in_the_period_of_the_last(desk: Desk) -> None:
    start = desk.clock.now
    desk.hand_over("r")
    desk.clock.turn(seconds=3600)
    again = desk.clock.now
    desk.hand_over("r")
    assert desk.of_period(start, again) == {}
    assert desk.of_period(start, again + 1) == {"r": "not_ordered"}


def test_a_shop_that_fails_in_the_middle_leaves_what_was_found_before(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handoff.ledger.reconciliation_repository._PAGE", 2)
    for number in range(4):
        desk.buy(desk.hand_over(f"r{number}"))
    ask, calls = Orders.find_orders, []

    def failing(self: Orders, numbers: set[int]) -> list[OrderWithLines]:
        calls.append(numbers)
        if len(calls) == 2:
            raise ShopUnavailable
        return list(ask(self, numbers))

    monkeypatch.setattr(Orders, "find_orders", failing)
    seen: list[ReportEntry] = []
    with pytest.raises(ShopUnavailable):
        seen.extend(desk.reconciler().due())
    assert len(seen) == 2
    rest = desk.due()
    assert len(rest) == 2
    assert {entry.reference for entry in seen} | set(rest) == {"r0", "r1", "r2", "r3"}

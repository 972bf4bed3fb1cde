"""Reconciliation: the state of each reference, and which quotes the shop is asked about."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from handoff.magento.order_models import CountedOrderPage, OrderWithLines
from handoff.magento.orders import Orders
from handoff.problems import ShopUnavailable
from handoff.reconciliation.report_entry import ReportEntry
from tests.logs import CapturedLog
from tests.reconciliation.scenario import Scenario

DAY = 24 * 3600.0


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """Record which quotes the shop is asked about in each call."""
    noted: list[set[int]] = []
    ask = Orders.find_orders

    def noting(self: Orders, numbers: set[int], **options: Any) -> list[OrderWithLines]:
        noted.append(set(numbers))
        return list(ask(self, numbers, **options))

    monkeypatch.setattr(Orders, "find_orders", noting)
    return noted


def test_an_order_equal_to_the_bag_is_matched(scenario: Scenario) -> None:
    scenario.order(scenario.transfer_quote("r"))
    [entry] = scenario.reconciler().reconcile_due()
    assert (entry.reference, entry.state.value, entry.final) == ("r", "matched", True)
    assert [order["number"] for order in entry.orders] == ["000000001"]


def test_an_opened_handoff_without_an_order_stays_unresolved(scenario: Scenario) -> None:
    scenario.transfer_quote("r")
    [entry] = scenario.reconciler().reconcile_due()
    assert (entry.state.value, entry.final) == ("not_ordered", False)


def test_a_bag_that_was_never_opened_is_resolved_when_its_link_expires(
    scenario: Scenario, asked: list[set[int]]
) -> None:
    scenario.transfer_bag("r", opened=False)
    [early] = scenario.reconciler().reconcile_due()
    assert (early.state.value, early.final) == ("never_opened", False)
    assert scenario.reconcile_due() == {}
    scenario.clock.advance(seconds=301)
    [late] = scenario.reconciler().reconcile_due()
    assert (late.state.value, late.final) == ("never_opened", True)
    assert asked == [set(), set()]


def test_an_order_with_other_items_differs_and_names_the_lines(
    scenario: Scenario,
) -> None:
    masked_id = scenario.transfer_quote("r", ("ITEM-01", 2), ("ITEM-02", 1))
    for sku, quantity in (("ITEM-01", 1), ("ITEM-03", 4)):
        item = {"cartItem": {"sku": sku, "qty": quantity}}
        scenario.shop.call_rest("POST", f"guest-carts/{masked_id}/items", body=item)
    scenario.order(masked_id)
    [entry] = scenario.reconciler().reconcile_due()
    assert entry.state.value == "differs"
    assert entry.as_json()["differences"] == [
        {"code": "quantity_differs", "sku": "ITEM-01", "bag": "2", "ordered": "3"},
        {"code": "foreign_in_order", "sku": "ITEM-03", "bag": "0", "ordered": "4"},
    ]


def test_a_reference_with_two_orders_is_reported_with_both(scenario: Scenario) -> None:
    first = scenario.transfer_quote("r")
    scenario.order(first)
    assert scenario.reconcile_due() == {"r": "matched"}
    scenario.order(scenario.transfer_quote("r"))
    [entry] = scenario.reconciler().reconcile_due()
    assert entry.state.value == "two_orders"
    assert [order["number"] for order in entry.orders] == ["000000001", "000000002"]


def test_a_reference_that_the_ledger_does_not_hold_is_unknown(
    scenario: Scenario,
) -> None:
    scenario.order(scenario.transfer_quote("Ab-1"))
    assert scenario.reconcile_references("nobody", "aB1") == {
        "nobody": "unknown_reference",
        "Ab-1": "matched",
    }


def test_a_search_shows_every_transfer_whose_reference_matches(scenario: Scenario) -> None:
    scenario.order(scenario.transfer_quote("1-23"))
    scenario.transfer_quote("12-3")
    assert scenario.reconcile_references("123", "nobody") == {
        "1-23": "matched",
        "12-3": "not_ordered",
        "nobody": "unknown_reference",
    }


def test_an_order_belongs_to_the_handoff_whose_session_was_written_last(
    scenario: Scenario,
) -> None:
    masked_id = scenario.transfer_quote("first")
    quote = {"quote_id": masked_id}
    scenario.clock.advance(seconds=10)
    scenario.transfer_existing_quote("second", quote)
    scenario.clock.advance(seconds=10)
    scenario.transfer_existing_quote("third", quote, opened=False)
    scenario.order(masked_id)
    expected = {"first": "not_ordered", "second": "matched", "third": "never_opened"}
    assert scenario.reconcile_due() == expected
    assert scenario.reconcile_due() == {}  # all three are settled
    assert scenario.reconcile_references(*expected) == expected


def test_a_quote_that_was_ordered_without_its_link_is_reported_with_its_order(
    scenario: Scenario,
) -> None:
    scenario.order(scenario.transfer_quote("r", opened=False))
    [entry] = scenario.reconciler().reconcile_due()
    assert (entry.state.value, entry.final) == ("never_opened", True)
    assert [order["number"] for order in entry.orders] == ["000000001"]


def test_an_order_is_checked_again_less_and_less_often_for_thirty_days(
    scenario: Scenario, asked: list[set[int]]
) -> None:
    scenario.order(scenario.transfer_quote("r"))
    due = [0, *(10 * 2**power for power in range(13)), 30 * 24 * 60]
    # If it is not due at a minute, it was not due at any minute since the last check.
    minutes = sorted({*due, *(minute - 10 for minute in due[1:]), 31 * 24 * 60})
    start = scenario.clock.now
    moments = []
    reported: list[str] = []
    for minute in minutes:
        scenario.clock.now = start + minute * 60_000
        asked.clear()
        reported += scenario.reconcile_due().values()
        if any(asked):
            moments.append(minute)
    assert moments == due
    assert reported == ["matched"]
    asked.clear()
    assert scenario.reconcile_references("r") == {"r": "matched"}
    assert not any(asked)


def test_an_unresolved_handoff_is_checked_less_and_less_often_for_thirty_days(
    scenario: Scenario, asked: list[set[int]]
) -> None:
    scenario.transfer_quote("r")
    opened = scenario.clock.now
    moments = []
    for _ in range(31 * 24):
        asked.clear()
        scenario.reconcile_due()
        if any(asked):
            moments.append((scenario.clock.now - opened) // 3_600_000)
        scenario.clock.advance(seconds=3600)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert moments[:4] == [0, 1, 2, 3]
    assert gaps[:-1] == sorted(gaps[:-1])
    assert 20 < len(moments) < 40
    assert moments[-1] == 30 * 24
    assert scenario.reconcile_references("r") == {"r": "not_ordered"}
    assert not any(asked[1:])  # that, too, is settled


def test_a_reference_is_checked_at_once_even_if_it_is_not_due(
    scenario: Scenario,
) -> None:
    masked_id = scenario.transfer_quote("r")
    assert scenario.reconcile_due() == {"r": "not_ordered"}
    scenario.order(masked_id)
    assert scenario.reconcile_due() == {}
    assert scenario.reconcile_references("r") == {"r": "matched"}


def test_a_period_reports_the_transfers_made_in_it_resolved_or_not(
    scenario: Scenario,
) -> None:
    start = scenario.clock.now
    scenario.order(scenario.transfer_quote("early"))
    scenario.reconcile_due()
    scenario.clock.advance(seconds=3600)
    scenario.transfer_quote("late")
    end = scenario.clock.now + 1
    assert scenario.reconcile_period(start, start + 1) == {"early": "matched"}
    assert scenario.reconcile_period(start + 1, end) == {"late": "not_ordered"}
    assert list(scenario.reconcile_period(start, end)) == ["early", "late"]
    assert scenario.reconcile_period(end, end + 1) == {}


def test_a_repeated_transfer_is_one_entry_in_the_period_of_the_last(
    scenario: Scenario,
) -> None:
    start = scenario.clock.now
    scenario.transfer_quote("r")
    scenario.clock.advance(seconds=3600)
    again = scenario.clock.now
    scenario.transfer_quote("r")
    assert scenario.reconcile_period(start, again) == {}
    assert scenario.reconcile_period(start, again + 1) == {"r": "not_ordered"}


def test_findings_before_a_failure_of_the_shop_are_kept(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handoff.ledger.reconciliation_repository._PAGE_SIZE", 2)
    for number in range(4):
        scenario.order(scenario.transfer_quote(f"r{number}"))
    ask, calls = Orders.find_orders, []

    def failing(self: Orders, numbers: set[int], **options: Any) -> list[OrderWithLines]:
        calls.append(numbers)
        if len(calls) == 2:
            raise ShopUnavailable
        return list(ask(self, numbers, **options))

    monkeypatch.setattr(Orders, "find_orders", failing)
    seen: list[ReportEntry] = []
    with pytest.raises(ShopUnavailable):
        seen.extend(scenario.reconciler().reconcile_due())
    assert len(seen) == 2
    rest = scenario.reconcile_due()
    assert len(rest) == 2
    assert {entry.reference for entry in seen} | set(rest) == {"r0", "r1", "r2", "r3"}


def test_an_order_that_cannot_be_read_hides_no_other_order(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, captured_log: CapturedLog
) -> None:
    scenario.order(scenario.transfer_quote("good"))
    scenario.order(scenario.transfer_quote("odd"))
    search = Orders._search_page

    def break_the_newest(self: Orders, *arguments: Any) -> Any:
        page = search(self, *arguments)
        if isinstance(page, CountedOrderPage):
            (page.items or [])[-1]["items"][0]["qty_ordered"] = None
        return page

    monkeypatch.setattr(Orders, "_search_page", break_the_newest)
    states = {e.reference: e.state.value for e in scenario.reconciler().reconcile_due()}
    assert states["good"] == "matched"
    assert states.get("odd") in (None, "not_ordered")
    [logged] = captured_log.read_lines("order_unreadable")
    assert logged["fields"] == ["items.0.qty_ordered"]
    monkeypatch.undo()
    assert scenario.reconcile_due()["odd"] == "matched"

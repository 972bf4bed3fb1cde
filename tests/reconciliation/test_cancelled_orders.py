"""Reconciliation of orders that the shop cancels, edits, or places again from the same quote."""

from __future__ import annotations

from typing import Any

import pytest
from handoff_sandbox.orders import SandboxOrder

from handoff.ledger.purge import Purger, PurgeRequest
from handoff.reconciliation.report_entry import ReportEntry
from tests.reconciliation.scenario import Scenario

MINUTE = 60.0


def cancel_last_order(scenario: Scenario) -> SandboxOrder:
    """Cancel the newest order and restore its quote, as payment modules do."""
    order = list(scenario.shop.state.orders.by_id.values())[-1]
    scenario.shop.state.orders.cancel_order(order)
    scenario.shop.state.quotes.restore(order.quote)
    return order


def reconcile(scenario: Scenario, reference: str = "r", **options: Any) -> ReportEntry:
    [entry] = scenario.reconciler(**options).reconcile_references([reference])
    return entry


def summarize(entry: ReportEntry) -> tuple[str, list[str], list[str]]:
    """Return the state, the numbers of the orders, and those of the cancelled orders."""
    report = entry.as_json()
    numbers = [order["number"] for order in report["orders"]]
    return report["state"], numbers, report["cancelled_orders"]


def test_only_the_order_that_is_not_cancelled_counts(scenario: Scenario) -> None:
    masked_id = scenario.transfer_quote("r")
    scenario.order(masked_id)
    cancel_last_order(scenario)
    scenario.order(masked_id)
    entry = reconcile(scenario)
    assert summarize(entry) == ("matched", ["000000002"], ["000000001"])
    assert entry.as_json()["differences"] == []


def test_a_cancelled_order_reopens_what_was_settled_and_the_next_order_settles_it(
    scenario: Scenario,
) -> None:
    masked_id = scenario.transfer_quote("r")
    scenario.order(masked_id)
    assert scenario.reconcile_due() == {"r": "matched"}
    cancel_last_order(scenario)
    assert scenario.reconcile_due() == {}
    scenario.clock.advance(seconds=10 * MINUTE)
    assert scenario.reconcile_due() == {"r": "not_ordered"}
    entry = reconcile(scenario)
    assert summarize(entry) == ("not_ordered", [], ["000000001"])
    assert (entry.final, entry.as_json()["settled_at"]) == (False, None)
    scenario.order(masked_id)
    scenario.clock.advance(seconds=10 * MINUTE)
    assert scenario.reconcile_due() == {"r": "matched"}
    entry = reconcile(scenario)
    assert summarize(entry) == ("matched", ["000000002"], ["000000001"])
    assert entry.final


def test_a_report_of_a_period_asks_the_shop_about_orders_that_are_not_due(
    scenario: Scenario,
) -> None:
    masked_id = scenario.transfer_quote("r")
    scenario.order(masked_id)
    period = (0, scenario.clock.now + 1)
    assert scenario.reconcile_period(*period) == {"r": "matched"}
    cancel_last_order(scenario)
    assert scenario.reconcile_period(*period) == {"r": "not_ordered"}
    scenario.order(masked_id)
    assert scenario.reconcile_period(*period) == {"r": "matched"}


def test_two_orders_of_which_one_is_cancelled_later_are_one(scenario: Scenario) -> None:
    scenario.order(scenario.transfer_quote("r"))
    scenario.order(scenario.transfer_quote("r"))
    assert summarize(reconcile(scenario)) == ("two_orders", ["000000001", "000000002"], [])
    cancel_last_order(scenario)
    assert summarize(reconcile(scenario)) == ("matched", ["000000001"], ["000000002"])


def test_an_order_that_differs_is_compared_again_after_the_shopper_ordered_anew(
    scenario: Scenario,
) -> None:
    masked_id = scenario.transfer_quote("r", ("ITEM-01", 2))
    item = {"cartItem": {"sku": "ITEM-02", "qty": 1}}
    added = scenario.shop.call_rest("POST", f"guest-carts/{masked_id}/items", body=item)
    scenario.order(masked_id)
    assert reconcile(scenario).state.value == "differs"
    cancel_last_order(scenario)
    scenario.shop.call_rest("DELETE", f"guest-carts/{masked_id}/items/{added['item_id']}")
    scenario.order(masked_id)
    entry = reconcile(scenario)
    assert (entry.state.value, entry.as_json()["differences"]) == ("matched", [])


def test_the_next_order_belongs_to_the_transfer_that_opened_the_restored_quote(
    scenario: Scenario,
) -> None:
    masked_id = scenario.transfer_quote("first")
    scenario.order(masked_id)
    assert scenario.reconcile_due() == {"first": "matched"}
    cancel_last_order(scenario)
    scenario.clock.advance(seconds=MINUTE)
    scenario.transfer_existing_quote("second", {"quote_id": masked_id})
    scenario.order(masked_id)
    assert scenario.reconcile_due() == {"second": "matched"}
    assert scenario.reconcile_references("first", "second") == {
        "first": "not_ordered",
        "second": "matched",
    }


def test_an_edited_order_is_matched_until_its_replacement_is_cancelled(
    scenario: Scenario,
) -> None:
    scenario.order(scenario.transfer_quote("r"))
    orders = scenario.shop.state.orders
    replacement = orders.replace_order(orders.by_id[1])
    assert summarize(reconcile(scenario)) == ("matched", ["000000001"], [])
    orders.cancel_order(replacement)
    assert summarize(reconcile(scenario)) == ("not_ordered", [], ["000000001"])


def test_the_state_of_an_order_is_that_of_the_last_check(scenario: Scenario) -> None:
    scenario.order(scenario.transfer_quote("r"))
    first = reconcile(scenario)
    scenario.clock.advance(seconds=MINUTE)
    scenario.shop.state.orders.set_state(scenario.shop.state.orders.by_id[1], "complete")
    second = reconcile(scenario)
    states = [entry.as_json()["orders"][0]["state"] for entry in (first, second)]
    assert states == ["new", "complete"]
    assert first.as_json()["settled_at"] == second.as_json()["settled_at"]


@pytest.mark.parametrize("reconciled_before", [True, False])
def test_comments_are_written_on_the_order_that_counts(
    scenario: Scenario, reconciled_before: bool
) -> None:
    masked_id = scenario.transfer_quote("r")
    scenario.order(masked_id)
    if reconciled_before:
        reconcile(scenario, request_comments=True)
        assert scenario.add_comments() == [True]
    first = cancel_last_order(scenario)
    first.comments.clear()
    scenario.order(masked_id)
    reconcile(scenario, request_comments=True)
    assert scenario.add_comments() == [True]
    assert [len(order.comments) for order in scenario.shop.state.orders.by_id.values()] == [0, 1]
    reconcile(scenario, request_comments=True)
    assert scenario.add_comments() == []


def test_an_order_that_is_cancelled_before_its_comment_gets_none(scenario: Scenario) -> None:
    scenario.order(scenario.transfer_quote("r"))
    reconcile(scenario, request_comments=True)
    cancel_last_order(scenario)
    reconcile(scenario)
    assert scenario.add_comments() == []
    assert scenario.read_comments() == []


def test_a_purged_handoff_is_not_checked_again(scenario: Scenario) -> None:
    scenario.order(scenario.transfer_quote("r"))
    scenario.reconcile_due()
    scenario.clock.advance(seconds=3600)
    request = PurgeRequest(anonymise_before=scenario.clock.now, delete_before=0)
    assert sum(counts.anonymised_count for counts in Purger(scenario.database).purge(request)) == 1
    cancel_last_order(scenario)
    assert scenario.reconcile_due() == {}
    assert summarize(reconcile(scenario)) == ("matched", ["000000001"], [])

"""The comment with the reference: one on each order, also after an interrupted run."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from handoff.ledger.reconciliation_repository import ReconciliationRepository
from handoff.ledger.tables import handoff
from handoff.magento.orders import Orders
from tests.reconciliation.scenario import Scenario


def test_an_order_gets_one_comment_with_the_reference(scenario: Scenario) -> None:
    scenario.order(scenario.transfer_quote("Ref-1"))
    scenario.transfer_quote("Ref-2")
    scenario.reconcile_due(request_comments=True)
    assert scenario.add_comments() == [True]
    assert scenario.add_comments() == []
    assert scenario.read_comments() == ["Poq reference: Ref-1"]


def test_a_reference_is_no_markup_in_a_comment(scenario: Scenario) -> None:
    scenario.order(scenario.transfer_quote("<a href=//x.test>A&B</a>"))
    scenario.reconcile_due(request_comments=True)
    assert scenario.add_comments() == [True]
    escaped = "&lt;a href=//x.test&gt;A&amp;B&lt;/a&gt;"
    assert scenario.read_comments() == [f"Poq reference: {escaped}"]
    list(
        scenario.reconciler(request_comments=True).reconcile_references(
            ["<a href=//x.test>A&B</a>"]
        )
    )
    scenario.add_comments()
    assert len(scenario.read_comments()) == 1


def test_no_comment_is_added_unless_it_was_requested(scenario: Scenario) -> None:
    scenario.order(scenario.transfer_quote("r"))
    scenario.reconcile_due()
    assert scenario.add_comments() == []


def test_orders_that_were_found_earlier_get_their_comment_on_request(
    scenario: Scenario,
) -> None:
    for reference in ("r1", "r2"):
        scenario.order(scenario.transfer_quote(reference))
    scenario.reconcile_due()
    list(scenario.reconciler(request_comments=True).reconcile_references(["r2"]))
    assert scenario.add_comments() == [True]
    assert scenario.read_comments() == ["Poq reference: r2"]


def test_a_run_that_was_killed_after_the_shop_took_a_comment_adds_no_second_one(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario.order(scenario.transfer_quote("r"))
    scenario.reconcile_due(request_comments=True)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ReconciliationRepository, "mark_commented", killed)
        with pytest.raises(KeyboardInterrupt):
            scenario.add_comments()
    assert scenario.read_comments() == ["Poq reference: r"]
    assert scenario.add_comments() == [True]
    assert scenario.read_comments() == ["Poq reference: r"]
    assert scenario.add_comments() == []


def test_a_refused_comment_stays_due_and_does_not_stop_the_others(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    for reference in ("r1", "r2"):
        scenario.order(scenario.transfer_quote(reference))
    scenario.reconcile_due(request_comments=True)
    comment = Orders.try_to_add_comment

    def refusing(self: Orders, order_id: int, words: str) -> bool:
        return order_id != 1 and comment(self, order_id, words)

    with monkeypatch.context() as patch:
        patch.setattr(Orders, "try_to_add_comment", refusing)
        assert sorted(scenario.add_comments()) == [False, True]
    assert scenario.add_comments() == [True]
    assert sorted(scenario.read_comments()) == ["Poq reference: r1", "Poq reference: r2"]


def test_an_order_that_the_shop_has_deleted_needs_no_comment(scenario: Scenario) -> None:
    scenario.order(scenario.transfer_quote("r"))
    scenario.reconcile_due(request_comments=True)
    gone = [{"id": 999, "number": "000000999", "state": "new", "replaced_by": None}]
    with scenario.database.open_migration_transaction() as connection:
        connection.execute(update(handoff).values(orders=gone))
    assert scenario.add_comments() == [True]
    assert scenario.read_comments() == []


def test_characters_that_magento_cannot_store_are_replaced(
    scenario: Scenario,
) -> None:
    scenario.order(scenario.transfer_quote("r-😀-é"))
    scenario.reconcile_due(request_comments=True)
    scenario.add_comments()
    assert scenario.read_comments() == ["Poq reference: r-?-é"]

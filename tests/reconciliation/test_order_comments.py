"""The reference on the order: once, whatever breaks in between."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from handoff.ledger.reconciliation_repository import ReconciliationRepository
from handoff.ledger.tables import handoff
from handoff.magento.orders import Orders
from tests.reconciliation.scenario import Scenario


def test_the_reference_is_put_on_the_order_once(scenario: Scenario) -> None:
    scenario.order(scenario.transfer_quote("Ref-1"))
    scenario.transfer_quote("Ref-2")
    scenario.reconcile_due(request_comments=True)
    assert scenario.add_comments() == [True]
    assert scenario.add_comments() == []
    assert scenario.read_comments() == ["Poq reference: Ref-1"]


def test_nobody_who_did_not_ask_for_it_gets_comments(scenario: Scenario) -> None:
    scenario.order(scenario.transfer_quote("r"))
    scenario.reconcile_due()
    assert scenario.add_comments() == []


def test_orders_that_were_found_earlier_are_annotated_when_they_are_asked_for(
    scenario: Scenario,
) -> None:
    for reference in ("r1", "r2"):
        scenario.order(scenario.transfer_quote(reference))
    scenario.reconcile_due()
    list(scenario.reconciler(request_comments=True).reconcile_references(["r2"]))
    assert scenario.add_comments() == [True]
    assert scenario.read_comments() == ["Poq reference: r2"]


def test_a_run_that_died_after_the_shop_had_the_comment_puts_no_second_one(
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


def test_what_the_shop_refuses_stays_to_be_done_and_stops_nothing(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    for reference in ("r1", "r2"):
        scenario.order(scenario.transfer_quote(reference))
    scenario.reconcile_due(request_comments=True)
    comment = Orders.add_comment

    def refusing(self: Orders, order_id: int, words: str) -> bool:
        return order_id != 1 and comment(self, order_id, words)

    with monkeypatch.context() as patch:
        patch.setattr(Orders, "add_comment", refusing)
        assert sorted(scenario.add_comments()) == [False, True]
    assert scenario.add_comments() == [True]
    assert sorted(scenario.read_comments()) == ["Poq reference: r1", "Poq reference: r2"]


def test_an_order_that_is_gone_from_the_shop_is_left(scenario: Scenario) -> None:
    scenario.order(scenario.transfer_quote("r"))
    scenario.reconcile_due(request_comments=True)
    gone = [{"id": 999, "number": "000000999", "state": "new", "replaced_by": None}]
    with scenario.database.migrating() as connection:
        connection.execute(update(handoff).values(orders=gone))
    assert scenario.add_comments() == [True]
    assert scenario.read_comments() == []


def test_characters_that_magento_cannot_keep_are_replaced_before_it_does(
    scenario: Scenario,
) -> None:
    scenario.order(scenario.transfer_quote("r-😀-é"))
    scenario.reconcile_due(request_comments=True)
    scenario.add_comments()
    assert scenario.read_comments() == ["Poq reference: r-?-é"]

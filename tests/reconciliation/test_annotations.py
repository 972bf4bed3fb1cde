"""The reference on the order: once, whatever breaks in between."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from handoff.ledger.reconciliation_repository import ReconciliationRepository
from handoff.ledger.tables import handoff
from handoff.magento.orders import Orders
from tests.reconciliation.desk import Desk


def test_the_reference_is_put_on_the_order_once(desk: Desk) -> None:
    desk.buy(desk.hand_over("Ref-1"))
    desk.hand_over("Ref-2")
    desk.due(annotate=True)
    assert desk.annotate() == [True]
    assert desk.annotate() == []
    assert desk.all_comments() == ["Poq reference: Ref-1"]


def test_nobody_who_did_not_ask_for_it_gets_comments(desk: Desk) -> None:
    desk.buy(desk.hand_over("r"))
    desk.due()
    assert desk.annotate() == []


def test_orders_that_were_found_earlier_are_annotated_when_they_are_asked_for(desk: Desk) -> None:
    for reference in ("r1", "r2"):
        desk.buy(desk.hand_over(reference))
    desk.due()
    list(desk.reconciler(annotate=True).references(["r2"]))
    assert desk.annotate() == [True]
    assert desk.all_comments() == ["Poq reference: r2"]


def test_a_run_that_died_after_the_shop_had_the_comment_puts_no_second_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.buy(desk.hand_over("r"))
    desk.due(annotate=True)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ReconciliationRepository, "annotated", killed)
        with pytest.raises(KeyboardInterrupt):
            desk.annotate()
    assert desk.all_comments() == ["Poq reference: r"]
    assert desk.annotate() == [True]
    assert desk.all_comments() == ["Poq reference: r"]
    assert desk.annotate() == []


def test_what_the_shop_refuses_stays_to_be_done_and_stops_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for reference in ("r1", "r2"):
        desk.buy(desk.hand_over(reference))
    desk.due(annotate=True)
    comment = Orders.add_comment

    def refusing(self: Orders, order_id: int, words: str) -> bool:
        return order_id != 1 and comment(self, order_id, words)

    with monkeypatch.context() as patch:
        patch.setattr(Orders, "add_comment", refusing)
        assert sorted(desk.annotate()) == [False, True]
    assert desk.annotate() == [True]
    assert sorted(desk.all_comments()) == ["Poq reference: r1", "Poq reference: r2"]


def test_an_order_that_is_gone_from_the_shop_is_left(desk: Desk) -> None:
    desk.buy(desk.hand_over("r"))
    desk.due(annotate=True)
    gone = [{"id": 999, "number": "000000999", "state": "new", "replaced_by": None}]
    with desk.database.writing() as connection:
        connection.execute(update(handoff).values(orders=gone))
    assert desk.annotate() == [True]
    assert desk.all_comments() == []


def test_characters_that_magento_cannot_keep_are_replaced_before_it_does(desk: Desk) -> None:
    desk.buy(desk.hand_over("r-😀-é"))
    desk.due(annotate=True)
    desk.annotate()
    assert desk.all_comments() == ["Poq reference: r-?-é"]

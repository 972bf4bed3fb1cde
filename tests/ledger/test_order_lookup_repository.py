"""When the ledger allows a lookup of orders, and what it keeps of the answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from handoff.ledger.database import open_database
from handoff.ledger.models import Handoff, OrderOutcome
from handoff.ledger.order_lookup_repository import OrderLookupRepository
from tests.ledger.stored_handoffs import HOUR, ORDERS, LedgerWithHandoffs


@pytest.fixture
def lookups(ledger: LedgerWithHandoffs) -> OrderLookupRepository:
    return OrderLookupRepository(ledger.database)


def insert(ledger: LedgerWithHandoffs, **changes: Any) -> Handoff:
    """Write a handoff whose link was just used, and return it."""
    ledger.insert(**{"used_at": ledger.clock.now, **changes})
    return read(ledger)


def read(ledger: LedgerWithHandoffs) -> Handoff:
    [found] = ledger.read_all()
    return found


@pytest.mark.parametrize(
    ("seconds", "is_allowed"),
    [(0, False), (9.999, False), (10, True), (-0.005, False), (-9.999, False), (-3600, True)],
)
def test_a_lookup_is_allowed_once_in_ten_seconds(
    ledger: LedgerWithHandoffs, lookups: OrderLookupRepository, seconds: float, is_allowed: bool
) -> None:
    found = insert(ledger)
    assert lookups.can_look_up(found)
    assert lookups.claim_lookup(found.id)
    ledger.clock.advance(seconds=seconds)
    assert lookups.can_look_up(read(ledger)) == is_allowed
    assert lookups.claim_lookup(found.id) == is_allowed


@pytest.mark.parametrize(
    ("used_before", "is_allowed"), [(24 * HOUR - 1, True), (24 * HOUR, False), (None, False)]
)
def test_a_lookup_is_allowed_for_a_day_after_the_use_of_the_link(
    ledger: LedgerWithHandoffs,
    lookups: OrderLookupRepository,
    used_before: int | None,
    is_allowed: bool,
) -> None:
    used_at = None if used_before is None else ledger.clock.now - used_before
    found = insert(ledger, used_at=used_at)
    assert lookups.can_look_up(found) == is_allowed
    assert lookups.claim_lookup(found.id) == is_allowed


def test_one_of_many_simultaneous_lookups_is_allowed(
    ledger: LedgerWithHandoffs, ledger_url: str
) -> None:
    database = open_database(ledger_url)  # with its own clock, as the service has it
    lookups = OrderLookupRepository(database)
    found = insert(ledger, used_at=database.read_time())
    with ThreadPoolExecutor(8) as threads:
        allowed = list(threads.map(lookups.claim_lookup, [found.id] * 40))
    database.close()
    assert allowed.count(True) == 1


def test_recorded_orders_make_a_settled_handoff_due(
    ledger: LedgerWithHandoffs, lookups: OrderLookupRepository
) -> None:
    found = insert(ledger)
    ledger.record(found, outcome=OrderOutcome.MATCHED, orders=ORDERS)
    ledger.reconciliation.mark_commented(found)
    assert list(ledger.reconciliation.iterate_due_handoffs()) == []
    cancelled = [{**ORDERS[0], "state": "canceled", "is_cancelled": True}]
    lookups.record_orders(found, cancelled)
    [[due]] = ledger.reconciliation.iterate_due_handoffs()
    assert (due.orders, due.valid_orders, due.order_comment) == (cancelled, [], None)
    lookups.record_orders(found, [])
    assert read(ledger).orders is None


def test_nothing_is_recorded_of_a_purged_handoff(
    ledger: LedgerWithHandoffs, lookups: OrderLookupRepository
) -> None:
    found = insert(ledger, anonymised_at=1, next_check_at=None)
    lookups.record_orders(found, ORDERS)
    assert (read(ledger).orders, read(ledger).next_check_at) == (None, None)

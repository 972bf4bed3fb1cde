"""What reconciliation reads from the ledger and writes to it, and by which index."""

from __future__ import annotations

from typing import Any

import pytest

from handoff.ledger.models import IssuePeriod, OrderFinding, OrderOutcome
from handoff.ledger.order_lookup_repository import OrderLookupRepository
from handoff.ledger.purge import Purger, PurgeRequest
from tests.ledger.query_plans import find_full_scans, recorded_statements
from tests.ledger.stored_handoffs import HOUR, ORDERS, LedgerWithHandoffs


def find_due_ids(ledger: LedgerWithHandoffs) -> list[str]:
    return [found.id for page in ledger.reconciliation.iterate_due_handoffs() for found in page]


def test_a_handoff_is_due_until_it_is_resolved_or_postponed(ledger: LedgerWithHandoffs) -> None:
    first, second, third = ledger.insert(3)
    assert sorted(find_due_ids(ledger)) == sorted([first, second, third])
    assert ledger.reconciliation.count_due_handoffs() == 3
    handoffs = {found.id: found for found in ledger.read_all()}
    ledger.record(handoffs[first], outcome=OrderOutcome.NOT_ORDERED)
    ledger.record(handoffs[second], next_check_at=ledger.clock.now + HOUR)
    assert find_due_ids(ledger) == [third]
    ledger.clock.advance(seconds=3600)
    assert sorted(find_due_ids(ledger)) == sorted([second, third])


def test_no_handoff_is_on_two_pages_of_a_run(
    ledger: LedgerWithHandoffs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handoff.ledger.reconciliation_repository._PAGE_SIZE", 3)
    ids = ledger.insert(10)
    assert sorted(find_due_ids(ledger)) == sorted(ids)


def test_a_period_holds_the_handoffs_that_were_issued_in_it(ledger: LedgerWithHandoffs) -> None:
    ids = ledger.insert(4)
    issued = ledger.clock.now - HOUR
    period = IssuePeriod(issued + 1, issued + 3)
    repository = ledger.reconciliation
    for iterate in (repository.iterate_open_handoffs, repository.iterate_issued_handoffs):
        [page] = iterate(period)
        assert [found.id for found in page] == ids[1:3]
    assert repository.count_handoffs_to_check(period) == 2
    ledger.record(page[0], outcome=OrderOutcome.NOT_ORDERED)
    ledger.record(page[1], next_check_at=ledger.clock.now + HOUR)
    [page] = repository.iterate_open_handoffs(period)
    assert [found.id for found in page] == [ids[2]]
    assert repository.count_handoffs_to_check(period) == 1


def test_a_resolved_handoff_stays_as_it_is(ledger: LedgerWithHandoffs) -> None:
    ledger.insert()
    [found] = ledger.read_all()
    ledger.record(found, outcome=OrderOutcome.MATCHED, orders=ORDERS)
    ledger.record(found, outcome=OrderOutcome.NOT_ORDERED)
    [resolved] = ledger.read_all()
    assert (resolved.outcome, resolved.orders) == ("matched", ORDERS)
    assert resolved.resolved_at == ledger.clock.now


@pytest.mark.parametrize(
    ("changes", "outcome", "count"),
    [
        ({}, OrderOutcome.MATCHED, 1),
        ({}, OrderOutcome.DIFFERS, 1),
        ({}, OrderOutcome.NEVER_OPENED, 0),
        ({}, OrderOutcome.NOT_ORDERED, 0),
        ({"reference": None}, OrderOutcome.MATCHED, 0),
    ],
)
def test_a_comment_is_due_only_on_an_order_that_the_handoff_led_to(
    ledger: LedgerWithHandoffs, changes: dict[str, Any], outcome: OrderOutcome, count: int
) -> None:
    ledger.insert(**changes)
    ledger.record(ledger.read_all()[0], outcome=outcome, orders=ORDERS)
    repository = ledger.reconciliation
    repository.request_comments(IssuePeriod(0, ledger.clock.now))
    assert repository.count_comments_due() == count
    for _ in range(2):
        for page in repository.iterate_comments_due(5):
            for found in page:
                repository.mark_commented(found)
        repository.request_comments({found.transfer_key for found in ledger.read_all()})
    assert repository.count_comments_due() == 0


def test_no_statement_reads_rows_that_it_does_not_need(ledger: LedgerWithHandoffs) -> None:
    """However long the ledger is, each statement finds its rows by an index."""
    ledger.insert(1000, resolved_at=1, outcome="matched", next_check_at=None)
    ledger.insert(3)
    issued = ledger.clock.now - HOUR
    period = IssuePeriod(issued, issued + 2)
    repository = ledger.reconciliation
    with recorded_statements() as statements:
        [page] = repository.iterate_due_handoffs()
        repository.count_due_handoffs()
        list(repository.iterate_open_handoffs(period))
        repository.count_handoffs_to_check(period)
        list(repository.iterate_issued_handoffs(period))
        repository.find_by_quotes({found.quote_number for found in page})
        repository.find_by_transfer_keys({found.transfer_key for found in page})
        repository.find_by_references([found.reference or "" for found in page])
        for found, request_comments in zip(page, (False, True), strict=False):
            repository.record_findings(
                [OrderFinding(handoff=found, outcome=OrderOutcome.MATCHED, orders=ORDERS)],
                request_comments=request_comments,
            )
        repository.request_comments(period)
        repository.request_comments([page[0].transfer_key])
        list(repository.iterate_comments_due(5))
        repository.count_comments_due()
        repository.mark_commented(page[0])
        lookups = OrderLookupRepository(ledger.database)
        lookups.claim_lookup(page[0].id)
        lookups.record_orders(page[0], ORDERS)
        request = PurgeRequest(anonymise_before=issued + 2, delete_before=issued + 1)
        list(Purger(ledger.database).purge(request))
    assert len(statements) > 15
    for statement, parameters in statements:
        assert find_full_scans(ledger.database, statement, parameters) == [], statement

"""What web checkout keeps in the ledger: who tells the app about an order, and refusals."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from handoff.ledger.order_message_claims import claim_order_message
from handoff.ledger.purge import Purger, PurgeRequest
from handoff.ledger.refused_transfer_repository import RETENTION, RefusedTransferRepository
from handoff.ledger.search_repository import SearchRepository
from handoff.ledger.tables import refused_transfer
from tests.ledger.query_plans import find_full_scans, recorded_statements
from tests.ledger.stored_handoffs import LedgerWithHandoffs


def test_one_of_many_pages_tells_the_app(ledger: LedgerWithHandoffs) -> None:
    handoff_id = ledger.issue().id

    def claim(page: str) -> bool:
        return claim_order_message(ledger.database, handoff_id, order_number="000000001", page=page)

    pages = [f"{number:032x}" for number in range(24)]
    with ThreadPoolExecutor(8) as threads:
        claimed = list(threads.map(claim, pages))
    assert claimed.count(True) == 1
    winner = pages[claimed.index(True)]
    assert [page for page in pages if claim(page)] == [winner]


def test_the_next_order_of_a_quote_is_claimed_anew(ledger: LedgerWithHandoffs) -> None:
    handoff_id = ledger.issue().id
    for number in ("000000001", "000000002"):
        for page, is_first in (("a" * 32, True), ("b" * 32, False)):
            assert (
                claim_order_message(ledger.database, handoff_id, order_number=number, page=page)
                is is_first
            )


def test_nothing_is_claimed_for_an_unknown_handoff(ledger: LedgerWithHandoffs) -> None:
    assert not claim_order_message(ledger.database, "x" * 22, order_number="1", page="a" * 32)


def test_a_reference_has_its_last_refusal(ledger: LedgerWithHandoffs) -> None:
    refusals = RefusedTransferRepository(ledger.database)
    refusals.record("poq", "r-1", code="lines_refused", skus=["A"])
    ledger.clock.advance(seconds=1)
    refusals.record("poq", "r-1", code="quote_empty", skus=[])
    found = refusals.find("poq", "r-1")
    assert found is not None
    assert (found.code, found.skus, found.refused_at) == ("quote_empty", [], ledger.clock.now)
    assert refusals.find("other", "r-1") is None


def test_a_reference_keeps_its_last_five_refusals(ledger: LedgerWithHandoffs) -> None:
    refusals = RefusedTransferRepository(ledger.database)
    refusals.record("poq", "r-2", code="quote_empty", skus=[])
    for number in range(8):
        refusals.record("poq", "r-1", code="lines_refused", skus=[str(number)])
        ledger.clock.advance(seconds=-1)  # the order of writing counts, not the clock
    [found] = SearchRepository(ledger.database).find_by_text("r-1")
    assert [refusal.skus for refusal in found.refusals] == [["3"], ["4"], ["5"], ["6"], ["7"]]
    last = refusals.find("poq", "r-1")
    assert last is not None
    assert last.skus == ["7"]
    assert refusals.find("poq", "r-2") is not None


def test_purging_deletes_refusals_after_30_days(ledger: LedgerWithHandoffs) -> None:
    refusals = RefusedTransferRepository(ledger.database)
    refusals.record("poq", "old", code="quote_empty", skus=[])
    ledger.clock.advance(seconds=RETENTION)
    refusals.record("poq", "new", code="quote_empty", skus=[])
    request = PurgeRequest(anonymise_before=0, delete_before=0)
    for is_dry_run in (True, False):
        purger = Purger(ledger.database, dry_run=is_dry_run)
        assert sum(counts.refusal_count for counts in purger.purge(request)) == 1
    with ledger.database.open_read_connection() as connection:
        count = select(func.count()).select_from(refused_transfer)
        assert connection.execute(count).scalar_one() == 1


def test_no_statement_reads_every_row(ledger: LedgerWithHandoffs) -> None:
    handoff_id = ledger.issue().id
    refusals = RefusedTransferRepository(ledger.database)
    with recorded_statements() as statements:
        ledger.handoffs.find_by_transfer_key("key")
        claim_order_message(ledger.database, handoff_id, order_number="1", page="a" * 32)
        refusals.find("poq", "r-1")
    assert len(statements) >= 3
    for statement, parameters in statements:
        assert find_full_scans(ledger.database, statement, parameters) == []

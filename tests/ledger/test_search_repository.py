"""What a search of the ledger finds, on both databases."""

from __future__ import annotations

import pytest

from handoff.ledger.models import build_reference_key
from handoff.ledger.refused_transfer_repository import RefusedTransferRepository
from handoff.ledger.search_repository import SearchRepository
from tests.ledger.stored_handoffs import LedgerWithHandoffs

ORDER = {"id": 9, "number": "EU-00_7%a", "state": "new", "replaced_by": "EU-00_7%a-1"}
ID = "AAAAAAAAAAAAAAAAAAAA_-"
CODE = "0000-0000"


@pytest.fixture
def search(ledger: LedgerWithHandoffs) -> SearchRepository:
    ledger.insert(id=ID, reference="Ab-1", quote_number=41, orders=[ORDER], transfer_key="first")
    ledger.insert(reference="Ab-1", quote_number=42, transfer_key="first", superseded_at=1)
    ledger.insert(reference="other", quote_number=43)
    return SearchRepository(ledger.database)


@pytest.mark.parametrize(
    "text",
    [
        "aB1",
        "a-b-1-",
        "41",
        "#42",
        "EU-00_7%a",
        "#EU-00_7%a",
        "EU-00_7%a-1",
        ID,
        ID[:8],
        CODE,
        "oOO0 0000",
    ],
)
def test_every_match_leads_to_all_handoffs_of_its_transfer(
    search: SearchRepository, text: str
) -> None:
    [found] = search.find_by_text(text)
    assert sorted(handoff.quote_number for handoff in found.handoffs) == [41, 42]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "EU-00_7",
        "EU-0007%a",
        "EU-00_7b",
        ID.lower(),
        ID[:7],
        "0000-0001",
        "4",
        "041",
        "#000000042",
        "new",
        "r\x00",
        "\ud800",
    ],
)
def test_parts_and_patterns_match_nothing(search: SearchRepository, text: str) -> None:
    assert search.find_by_text(text) == []


def test_an_id_leads_to_its_transfer_only(search: SearchRepository) -> None:
    [found] = search.find_by_id(ID)
    assert len(found.handoffs) == 2
    assert search.find_by_id("41") == []


def test_refusals_are_found_for_thirty_days(
    ledger: LedgerWithHandoffs, search: SearchRepository
) -> None:
    refusals = RefusedTransferRepository(ledger.database)
    refusals.record("poq", "Re-1", code="quote_empty", skus=[])
    ledger.insert(reference="Re-2", quote_number=50, transfer_key=build_reference_key("a", "Re-2"))
    refusals.record("a", "Re-2", code="lines_refused", skus=["A"])
    [alone] = search.find_by_text("re1")
    assert (alone.handoffs, [refusal.code for refusal in alone.refusals]) == ([], ["quote_empty"])
    [both] = search.find_by_text("50")
    [refusal] = both.refusals
    assert (refusal.code, refusal.skus) == ("lines_refused", ["A"])
    ledger.clock.advance(seconds=30 * 24 * 3600)
    assert search.find_by_text("re1") == []
    assert search.find_by_text("50")[0].refusals == []

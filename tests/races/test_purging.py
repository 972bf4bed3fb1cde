"""Purging while links are given and opened: it takes what is over, and nothing that lives."""

from __future__ import annotations

from handoff.ledger.purge import PurgeCounts, Purger, PurgeRequest
from tests.races.at_once import at_once, entry_request, statuses
from tests.races.ledgers import handoffs, make_links, make_old, make_seem_old, opened
from tests.races.load import assert_nothing_was_lost, under_load
from tests.running import RunningService

OLD = 1_000
_YEAR = 365 * 24 * 3_600_000


def purge(ledger: str) -> PurgeCounts:
    """Delete all that is over, as `handoff purge` does, and is older than a year."""
    with opened(ledger) as database:
        before = database.now() - _YEAR
        wanted = PurgeRequest(
            anonymise_before=before, delete_before=before, include_unreconciled=True
        )
        return sum(Purger(database).run(wanted), start=PurgeCounts())


def test_links_are_given_and_opened_while_the_ledger_is_purged(
    service: RunningService, ledger: str
) -> None:
    renewed = make_links(ledger, 20)
    make_seem_old(ledger, renewed)
    deleted = 0
    with under_load(service.url) as load:
        for link in renewed:
            make_old(ledger, OLD // len(renewed))
            deleted += purge(ledger).deleted_count
            assert statuses(at_once(service.url, [entry_request("POST", link)] * 4)) == [
                303,
                *[410] * 3,
            ]
        load.goes_on()
    assert deleted == OLD
    assert not any(row["id"].startswith("old-") for row in handoffs(ledger))
    assert_nothing_was_lost(load, ledger)

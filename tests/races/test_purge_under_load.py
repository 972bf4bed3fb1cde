"""Purging while links are issued and used: it removes expired handoffs, and no live one."""

from __future__ import annotations

import pytest

from handoff.ledger.purge import PurgeCounts, Purger, PurgeRequest
from tests.races.ledger_access import (
    backdate_handoffs,
    insert_expired_handoffs,
    issue_links,
    open_ledger,
    read_handoffs,
)
from tests.races.retrying_load import assert_nothing_was_lost, run_load
from tests.races.simultaneous_requests import (
    build_entry_request,
    send_simultaneously,
    sort_statuses,
)
from tests.running_servers import RunningService

pytestmark = pytest.mark.processes

OLD = 1_000
_YEAR = 365 * 24 * 3_600_000


def purge(ledger: str) -> PurgeCounts:
    """Delete all expired handoffs that are older than a year, as `handoff purge` does."""
    with open_ledger(ledger) as database:
        before = database.read_time() - _YEAR
        wanted = PurgeRequest(
            anonymise_before=before, delete_before=before, include_unreconciled=True
        )
        return sum(Purger(database).purge(wanted), start=PurgeCounts())


def test_links_are_issued_and_used_while_the_ledger_is_purged(
    service: RunningService, ledger: str
) -> None:
    renewed = issue_links(ledger, 20)
    backdate_handoffs(ledger, renewed)
    deleted = 0
    with run_load(service.url) as load:
        for link in renewed:
            insert_expired_handoffs(ledger, OLD // len(renewed))
            deleted += purge(ledger).deleted_count
            entering = [build_entry_request("POST", link) for _ in range(4)]
            statuses = sort_statuses(send_simultaneously(service.url, entering))
            assert statuses == [303, *[410] * 3]
        load.wait_for_links()
    assert deleted == OLD
    assert not any(row["id"].startswith("old-") for row in read_handoffs(ledger))
    assert_nothing_was_lost(load, ledger)

"""What the ledger forgets, and what stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from handoff.ledger import HandoffRepository, Leases
from handoff.ledger.purge import Purge, PurgeCounts, Purger
from handoff.ledger.reconciliation_repository import OrderOutcome
from handoff.ledger.tables import handoff, lease
from tests.conftest import TurnedClock
from tests.ledger.test_ledger import DRAFT
from tests.ledger.test_passages import HOUR, ORDERS, Fixture

DAY = 24 * HOUR


@pytest.fixture
def on(ledger_url: str, clock: TurnedClock) -> Iterator[Fixture]:
    fixture = Fixture(ledger_url, clock)
    yield fixture
    fixture.database.close()


def purge(on: Fixture, *, dry: bool = False, **changes: Any) -> PurgeCounts:
    """Reduce what is older than a day, and delete what is older than ten."""
    wanted = {"reduce_before": on.clock.now - DAY, "delete_before": on.clock.now - 10 * DAY}
    purger = Purger(on.database, on.clock, dry=dry)
    return sum(purger.run(Purge(**{**wanted, **changes})), start=PurgeCounts())


def rows(on: Fixture) -> list[dict[str, Any]]:
    with on.database.reading() as connection:
        return [dict(row) for row in connection.execute(select(handoff)).mappings()]


def test_an_old_handoff_keeps_its_reference_and_its_order_and_nothing_of_its_shopper(
    on: Fixture,
) -> None:
    on.insert()
    on.record(on.all()[0], outcome=OrderOutcome.DIFFERS, orders=ORDERS, differences=[{"sku": "A"}])
    [before] = rows(on)
    on.clock.turn(seconds=2 * 24 * 3600)
    assert purge(on) == PurgeCounts(reduced=1)
    [after] = rows(on)
    forgotten = {
        "content_hash": "",
        "bag": {"currency": "", "lines": []},
        "customer_id": None,
        "customer_group_id": None,
        "web_view_hash": None,
        "differences": None,
        "anonymised_at": on.clock.now,
    }
    assert after == {**before, **forgotten}
    assert purge(on) == PurgeCounts()


def test_after_the_time_for_references_the_rest_goes(on: Fixture) -> None:
    on.insert()
    on.record(on.all()[0], outcome=OrderOutcome.MATCHED, orders=ORDERS)
    on.clock.turn(seconds=2 * 24 * 3600)
    purge(on)
    on.clock.turn(seconds=9 * 24 * 3600)
    assert purge(on) == PurgeCounts(deleted=1)
    assert rows(on) == []


def test_a_handoff_without_a_reference_goes_at_once(on: Fixture) -> None:
    on.insert(reference=None, transfer_key="guest:1")
    on.record(on.all()[0], outcome=OrderOutcome.MATCHED, orders=ORDERS)
    on.clock.turn(seconds=2 * 24 * 3600)
    assert purge(on) == PurgeCounts(deleted=1)
    assert rows(on) == []


@pytest.mark.parametrize("days", [2, 20])
def test_what_is_not_reconciled_stays_whole_unless_it_is_told_to_go(on: Fixture, days: int) -> None:
    on.insert()
    on.clock.turn(seconds=days * 24 * 3600)
    before = rows(on)
    assert purge(on) == PurgeCounts(unreconciled=1)
    assert rows(on) == before
    expected = PurgeCounts(reduced=1) if days == 2 else PurgeCounts(deleted=1)
    assert purge(on, unreconciled=True) == expected
    assert [row["outcome"] for row in rows(on)] == ["unreconciled"] * expected.reduced
    assert on.passages.count_due() == 0


def test_a_link_that_still_lives_stays(on: Fixture) -> None:
    on.insert(expires_at=on.clock.now + 3 * DAY, used_at=None, session_written_at=None)
    on.clock.turn(seconds=2 * 24 * 3600)
    assert purge(on, unreconciled=True) == PurgeCounts()


def test_a_dry_run_counts_the_same_and_changes_nothing(on: Fixture) -> None:
    on.insert(500, resolved_at=1, outcome="never_opened")
    on.insert(3, reference=None, resolved_at=1, outcome="never_opened")
    on.insert(2)
    on.clock.turn(seconds=2 * 24 * 3600)
    before = rows(on)
    counted = purge(on, dry=True)
    assert rows(on) == before
    assert counted == purge(on) == PurgeCounts(reduced=500, deleted=3, unreconciled=2)


def test_it_works_in_batches_and_goes_on_where_it_was_stopped(on: Fixture) -> None:
    on.insert(1000, resolved_at=1, outcome="never_opened")
    on.clock.turn(seconds=2 * 24 * 3600)
    purge = Purge(reduce_before=on.clock.now - DAY, delete_before=0)
    first = next(Purger(on.database, on.clock).run(purge))
    assert 0 < first.reduced < 1000
    assert sum(row["anonymised_at"] is not None for row in rows(on)) == first.reduced
    rest = sum(Purger(on.database, on.clock).run(purge), start=PurgeCounts())
    assert rest.reduced == 1000 - first.reduced


def test_claims_that_dead_processes_left_go_and_those_that_are_held_stay(on: Fixture) -> None:
    left = {"key": "left", "holder": "h", "expires_at": on.clock.now - 2 * HOUR}
    with on.database.writing() as connection:
        connection.execute(insert(lease), left)
    with Leases(on.database, on.clock).hold("held", give_up=lambda: True):
        assert purge(on, dry=True).claims == 1
        assert purge(on).claims == 1
        with on.database.reading() as connection:
            assert connection.execute(select(lease.c.key)).scalars().all() == ["held"]
    with on.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(lease)).scalar_one() == 0


def test_a_reduced_handoff_is_still_superseded_by_a_new_one(on: Fixture) -> None:
    """It remains the current one of its key, and of its quote, until then."""
    on.insert(transfer_key="ref:r", quote_number=7, resolved_at=1, outcome="never_opened")
    on.clock.turn(seconds=2 * 24 * 3600)
    purge(on)
    ledger = HandoffRepository(on.database, on.clock, ttl=300, grace=60)
    with Leases(on.database, on.clock).hold("ref:r", give_up=lambda: True) as held:
        assert held is not None
        ledger.issue(held, replace(DRAFT, transfer_key="ref:r", quote_number=7))
    assert sorted(row["superseded_at"] is None for row in rows(on)) == [False, True]

"""What the ledger keeps for the support desk: pages, deliveries, counts, tries and sessions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy import Table, func, select

from handoff.ledger.ended_ops_session_repository import EndedOpsSessionRepository
from handoff.ledger.ops_sign_in_tries import OpsSignInTries, TryLimit
from handoff.ledger.purge import Purger, PurgeRequest
from handoff.ledger.refused_transfer_repository import (
    RETENTION,
    RefusedTransferRepository,
    find_last_refusals,
)
from handoff.ledger.shown_pages import RECORD_INTERVAL, record_shown_page
from handoff.ledger.stage_counts import DAY, count_stages_by_day, sum_stages
from handoff.ledger.tables import ended_ops_session, login_block
from handoff.ledger.webhook_delivery_history import find_event_deliveries
from handoff.ledger.webhook_outbox_writer import WebhookOutboxWriter
from handoff.webhooks.delivery_repository import DeliveryRepository
from tests.ledger.query_plans import find_full_scans, recorded_statements
from tests.ledger.stored_handoffs import ORDERS, LedgerWithHandoffs

PERIOD = 300
LIMITS = {"address": TryLimit(2, PERIOD), "all": TryLimit(3, PERIOD)}


def count_rows(ledger: LedgerWithHandoffs, table: Table) -> int:
    with ledger.database.open_read_connection() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_the_last_page_is_kept_and_the_same_page_is_written_seldom(
    ledger: LedgerWithHandoffs,
) -> None:
    handoff_id = ledger.issue().id
    start = ledger.clock.now

    def show(code: str) -> tuple[str | None, int | None]:
        found = ledger.handoffs.find(handoff_id)
        assert found is not None
        record_shown_page(ledger.database, found, code)
        shown = ledger.handoffs.find(handoff_id)
        assert shown is not None
        return shown.shown_page, shown.page_shown_at

    assert show("used") == ("used", start)
    ledger.clock.advance(seconds=RECORD_INTERVAL - 1)
    assert show("used") == ("used", start)
    assert show("ordered") == ("ordered", ledger.clock.now)
    ledger.clock.advance(seconds=RECORD_INTERVAL)
    assert show("ordered") == ("ordered", ledger.clock.now)


def test_a_clock_that_was_set_back_does_not_hide_pages(ledger: LedgerWithHandoffs) -> None:
    handoff_id = ledger.issue().id
    for seconds in (0, -3600):
        ledger.clock.advance(seconds=seconds)
        found = ledger.handoffs.find(handoff_id)
        assert found is not None
        record_shown_page(ledger.database, found, "used")
    shown = ledger.handoffs.find(handoff_id)
    assert shown is not None
    assert shown.page_shown_at == ledger.clock.now


def test_deliveries_are_found_by_handoff(ledger: LedgerWithHandoffs) -> None:
    opened, other = ledger.insert(2)
    outbox = WebhookOutboxWriter(["a" * 64, "b" * 64])
    for handoff_id in (opened, other):
        found = ledger.handoffs.find(handoff_id)
        assert found is not None
        ledger.database.write(partial(outbox.add_opened_event, handoff=found))
    deliveries = DeliveryRepository(ledger.database)
    [first, _] = deliveries.find_due("a" * 64)
    deliveries.mark_delivered(first)
    [failed, _] = deliveries.find_due("b" * 64)
    deliveries.postpone(failed, "It answers 500.")
    found_by_id = find_event_deliveries(ledger.database, [opened, "x" * 22])
    assert list(found_by_id) == [opened]
    delivered, waiting = sorted(found_by_id[opened], key=lambda each: each.receiver)
    assert (delivered.delivered_at, delivered.attempt_count) == (ledger.clock.now, 0)
    assert (waiting.delivered_at, waiting.attempt_count) == (None, 1)
    assert (waiting.last_attempt_at, waiting.last_failure) == (ledger.clock.now, "It answers 500.")
    assert waiting.next_attempt_at == ledger.clock.now + 5_000
    assert find_event_deliveries(ledger.database, []) == {}


def test_stages_are_counted_by_the_day_of_the_transfer(ledger: LedgerWithHandoffs) -> None:
    today = ledger.clock.now // DAY * DAY
    ledger.insert(3, issued_at=today - 1, orders=ORDERS)
    ledger.insert(2, issued_at=today, session_written_at=None)
    ledger.insert(1, issued_at=today, used_at=None, session_written_at=None)
    ledger.insert(1, issued_at=today - 2 * DAY - 1)
    days = count_stages_by_day(ledger.database, 3)
    assert [day.since for day in days] == [today - 2 * DAY, today - DAY, today]
    assert [day.stages for day in days] == [(0, 0, 0, 0), (3, 3, 3, 3), (3, 2, 0, 0)]
    assert sum_stages(days).stages == (6, 5, 3, 3)


def test_the_last_refusals_are_read_the_newest_first(ledger: LedgerWithHandoffs) -> None:
    refusals = RefusedTransferRepository(ledger.database)
    for number in range(4):
        refusals.record("poq", f"r-{number}", code="lines_refused", skus=["A"])
        ledger.clock.advance(seconds=1)
    found = find_last_refusals(ledger.database, 3)
    assert [refusal.reference for refusal in found] == ["r-3", "r-2", "r-1"]
    assert found[0].skus == ["A"]
    ledger.clock.advance(seconds=RETENTION)
    assert find_last_refusals(ledger.database, 3) == []


def test_tries_are_counted_by_key_until_the_period_ends(ledger: LedgerWithHandoffs) -> None:
    tries = OpsSignInTries(ledger.database)
    assert [tries.count_try_or_get_wait(LIMITS) for _ in range(3)] == [0, 0, PERIOD]
    ledger.clock.advance(seconds=PERIOD - 0.5)
    assert tries.count_try_or_get_wait(LIMITS) == 1
    assert tries.count_try_or_get_wait({"other": TryLimit(2, PERIOD), "all": LIMITS["all"]}) == 0
    assert tries.count_try_or_get_wait({"third": TryLimit(2, PERIOD), "all": LIMITS["all"]}) == 1
    ledger.clock.advance(seconds=1)
    assert tries.count_try_or_get_wait(LIMITS) == 0


def test_tries_of_statements_that_began_before_the_period_are_counted(
    ledger: LedgerWithHandoffs,
) -> None:
    tries = OpsSignInTries(ledger.database)
    assert [tries.count_try_or_get_wait(LIMITS) for _ in range(2)] == [0, 0]
    ledger.clock.advance(seconds=-5)
    assert tries.count_try_or_get_wait(LIMITS) == PERIOD + 5


def test_each_key_has_a_period_of_its_own(ledger: LedgerWithHandoffs) -> None:
    tries = OpsSignInTries(ledger.database)
    limits = {"address": TryLimit(2, 300), "all": TryLimit(3, 3600)}
    assert [tries.count_try_or_get_wait(limits) for _ in range(3)] == [0, 0, 300]
    ledger.clock.advance(seconds=300)
    assert [tries.count_try_or_get_wait(limits) for _ in range(2)] == [0, 3300]
    ledger.clock.advance(seconds=3300)
    assert tries.count_try_or_get_wait(limits) == 0


def test_a_try_is_given_back(ledger: LedgerWithHandoffs) -> None:
    tries = OpsSignInTries(ledger.database)
    for _ in range(10):
        assert tries.count_try_or_get_wait(LIMITS) == 0
        tries.undo_try_count(LIMITS)
    assert [tries.count_try_or_get_wait(LIMITS) for _ in range(3)] == [0, 0, PERIOD]


def test_no_more_tries_pass_at_the_same_time(ledger: LedgerWithHandoffs) -> None:
    with ThreadPoolExecutor(8) as pool:
        waits = list(
            pool.map(
                lambda _: OpsSignInTries(ledger.database).count_try_or_get_wait(LIMITS), range(16)
            )
        )
    assert waits.count(0) == 2


def test_a_clock_that_was_set_back_ends_a_period(ledger: LedgerWithHandoffs) -> None:
    tries = OpsSignInTries(ledger.database)
    for _ in range(3):
        tries.count_try_or_get_wait(LIMITS)
    ledger.clock.advance(seconds=-3600)
    assert tries.count_try_or_get_wait(LIMITS) == 0


@pytest.mark.parametrize("times", [1, 2])
def test_an_ended_session_stays_ended_until_it_would_end_by_itself(
    ledger: LedgerWithHandoffs, times: int
) -> None:
    ended = EndedOpsSessionRepository(ledger.database)
    for _ in range(times):
        ended.add("one", lifetime=60)
    assert (ended.is_ended("one"), ended.is_ended("two")) == (True, False)
    ledger.clock.advance(seconds=60)
    ended.add("two", lifetime=60)
    assert count_rows(ledger, ended_ops_session) == 1


def test_purging_deletes_tries_and_sessions_that_are_over(ledger: LedgerWithHandoffs) -> None:
    OpsSignInTries(ledger.database).count_try_or_get_wait(LIMITS)
    EndedOpsSessionRepository(ledger.database).add("one", lifetime=PERIOD)
    request = PurgeRequest(anonymise_before=0, delete_before=0)
    list(Purger(ledger.database).purge(request))
    assert (count_rows(ledger, login_block), count_rows(ledger, ended_ops_session)) == (2, 1)
    ledger.clock.advance(seconds=PERIOD)
    list(Purger(ledger.database, dry_run=True).purge(request))
    assert (count_rows(ledger, login_block), count_rows(ledger, ended_ops_session)) == (2, 1)
    list(Purger(ledger.database).purge(request))
    assert (count_rows(ledger, login_block), count_rows(ledger, ended_ops_session)) == (0, 0)


def test_no_statement_reads_every_handoff(ledger: LedgerWithHandoffs) -> None:
    ledger.insert(500, issued_at=ledger.clock.now - 90 * DAY)
    ids = ledger.insert(3)
    with recorded_statements() as statements:
        find_event_deliveries(ledger.database, ids)
        count_stages_by_day(ledger.database, 30)
        find_last_refusals(ledger.database, 10)
    assert len(statements) >= 3
    for statement, parameters in statements:
        if " FROM " not in statement:  # it reads the time
            continue
        assert find_full_scans(ledger.database, statement, parameters) == [], statement

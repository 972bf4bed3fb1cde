"""The ledger as reconciling sees it: what is read, what is written, and by which index."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from sqlalchemy import event
from sqlalchemy.engine import Engine

from handoff.ledger import migrate, open_database
from handoff.ledger.purge import Purge, Purger
from handoff.ledger.reconciliation_repository import (
    IssuePeriod,
    OrderFinding,
    OrderOutcome,
    Passage,
    ReconciliationRepository,
)
from handoff.ledger.tables import handoff
from tests.conftest import TurnedClock
from tests.ledger.plans import whole_reads

ORDERS = [{"id": 1, "number": "000000001", "state": "new", "replaced_by": None}]
HOUR = 3_600_000


class Fixture:
    """A ledger on a database of its own, and rows in it."""

    def __init__(self, url: str, clock: TurnedClock) -> None:
        self.clock = clock
        self.database = open_database(url)
        migrate(self.database)
        self.passages = ReconciliationRepository(self.database, clock)

    def insert(self, count: int = 1, **changes: Any) -> list[str]:
        """Write rows that were issued an hour ago, one a millisecond, and opened; return ids."""
        issued = self.clock.now - HOUR
        rows = [
            {
                "id": secrets.token_urlsafe(16),
                "transfer_key": f"ref:{secrets.token_hex(16)}",
                "content_hash": "c",
                "reference": f"r{number}",
                "kind": "bag",
                "store_code": "default",
                "quote_number": secrets.randbelow(2**40),
                "bag": {"currency": "GBP", "lines": [{"sku": "A", "quantity": "1"}]},
                "issued_at": issued + number,
                "expires_at": issued + number + 300_000,
                "used_at": issued + number + 1000,
                "session_written_at": issued + number + 1100,
                "web_view_hash": "o",
                "customer_id": 5,
                "customer_group_id": 1,
                "reopen_count": 0,
                **changes,
            }
            for number in range(count)
        ]
        with self.database.writing(durable=False) as connection:
            connection.execute(handoff.insert(), rows)
        return [str(row["id"]) for row in rows]

    def all(self) -> list[Passage]:
        """Return every row, the oldest first."""
        pages = self.passages.issued(IssuePeriod(0, self.clock.now + 1))
        return [passage for page in pages for passage in page]

    def record(self, passage: Passage, **finding: Any) -> None:
        """Write one finding down."""
        self.passages.record([OrderFinding(passage=passage, **finding)])


def test_a_ledger_of_the_version_before_is_taken_over_with_what_it_holds(
    ledger_url: str, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(ledger_url)
    with monkeypatch.context() as patch:
        upgrade = command.upgrade
        patch.setattr(command, "upgrade", lambda config, _head: upgrade(config, "0001"))
        migrate(database)
    # Only columns that the version before knows, as it writes them also while it still runs.
    row = {
        "transfer_key": "ref:r",
        "content_hash": "c",
        "kind": "bag",
        "store_code": "default",
        "bag": {"currency": "GBP", "lines": []},
        "issued_at": clock.now,
        "expires_at": clock.now + 1,
        "superseded_at": clock.now,
        "reopen_count": 0,
    }
    with database.writing() as connection:
        connection.execute(handoff.insert().values(**row, id="a", quote_number=7))
    migrate(database)
    with database.writing() as connection:
        connection.execute(handoff.insert().values(**row, id="b", quote_number=8))
    [page] = ReconciliationRepository(database, clock).due()
    assert {passage.id for passage in page} == {"a", "b"}
    database.close()


@pytest.fixture
def on(ledger_url: str, clock: TurnedClock) -> Iterator[Fixture]:
    fixture = Fixture(ledger_url, clock)
    yield fixture
    fixture.database.close()


def due(on: Fixture, period: IssuePeriod | None = None) -> list[str]:
    return [passage.id for page in on.passages.due(period) for passage in page]


def test_a_row_is_due_until_it_is_settled_or_put_off(on: Fixture) -> None:
    first, second, third = on.insert(3)
    assert sorted(due(on)) == sorted([first, second, third])
    assert on.passages.count_due() == 3
    rows = {passage.id: passage for passage in on.all()}
    on.record(rows[first], outcome=OrderOutcome.NOT_ORDERED)
    on.record(rows[second], next_check_at=on.clock.now + HOUR)
    assert due(on) == [third]
    on.clock.turn(seconds=3600)
    assert sorted(due(on)) == sorted([second, third])


def test_a_page_that_was_given_is_not_given_again_in_the_same_run(
    on: Fixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handoff.ledger.reconciliation_repository._PAGE", 3)
    ids = on.insert(10)
    assert sorted(due(on)) == sorted(ids)


def test_a_period_holds_what_was_issued_in_it(on: Fixture) -> None:
    ids = on.insert(4)
    issued = on.clock.now - HOUR
    period = IssuePeriod(issued + 1, issued + 3)
    assert due(on, period) == sorted(ids[1:3])
    assert [passage.id for page in on.passages.issued(period) for passage in page] == ids[1:3]


def test_what_is_settled_stays_as_it_is(on: Fixture) -> None:
    on.insert()
    [row] = on.all()
    on.record(row, outcome=OrderOutcome.MATCHED, orders=ORDERS)
    on.record(row, outcome=OrderOutcome.NOT_ORDERED)
    [settled] = on.all()
    assert (settled.outcome, settled.orders) == ("matched", ORDERS)
    assert settled.resolved_at == on.clock.now


@pytest.mark.parametrize(
    ("changes", "outcome", "wanted"),
    [
        ({}, OrderOutcome.MATCHED, 1),
        ({}, OrderOutcome.DIFFERS, 1),
        ({}, OrderOutcome.NEVER_OPENED, 0),
        ({}, OrderOutcome.NOT_ORDERED, 0),
        ({"reference": None}, OrderOutcome.MATCHED, 0),
    ],
)
def test_only_an_order_that_the_handoff_led_to_is_annotated(
    on: Fixture, changes: dict[str, Any], outcome: OrderOutcome, wanted: int
) -> None:
    on.insert(**changes)
    on.record(on.all()[0], outcome=outcome, orders=ORDERS)
    on.passages.want_annotated(IssuePeriod(0, on.clock.now))
    assert on.passages.count_to_annotate() == wanted
    for _ in range(2):
        for page in on.passages.to_annotate(5):
            for passage in page:
                on.passages.annotated(passage)
        on.passages.want_annotated({passage.transfer_key for passage in on.all()})
    assert on.passages.count_to_annotate() == 0


def test_no_statement_reads_rows_that_it_does_not_need(on: Fixture) -> None:
    """However long the ledger is, each statement goes by an index."""
    on.insert(1000, resolved_at=1, outcome="matched")
    on.insert(3)
    statements: list[tuple[str, Any]] = []

    def collect(_conn: Any, _cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if not statement.startswith(("INSERT", "BEGIN")) and not rest[-1]:
            statements.append((statement, parameters))

    period = IssuePeriod(on.clock.now - HOUR, on.clock.now - HOUR + 2)
    event.listen(Engine, "before_cursor_execute", collect)
    try:
        [rows] = on.passages.due()
        list(on.passages.due(period))
        on.passages.count_due()
        on.passages.count_due(period)
        list(on.passages.issued(period))
        on.passages.of_quotes({row.quote_number for row in rows})
        on.passages.of_keys({row.transfer_key for row in rows})
        on.passages.record(
            [OrderFinding(passage=rows[0], outcome=OrderOutcome.MATCHED, orders=ORDERS)]
        )
        on.passages.record(
            [OrderFinding(passage=rows[1], outcome=OrderOutcome.MATCHED, orders=ORDERS)],
            annotate=True,
        )
        on.passages.want_annotated(period)
        on.passages.want_annotated([rows[0].transfer_key])
        list(on.passages.to_annotate(5))
        on.passages.count_to_annotate()
        on.passages.annotated(rows[0])
        old = on.clock.now - HOUR + 1
        list(Purger(on.database, on.clock).run(Purge(reduce_before=old + 1, delete_before=old)))
    finally:
        event.remove(Engine, "before_cursor_execute", collect)
    assert len(statements) > 15
    for statement, parameters in statements:
        assert whole_reads(on.database, statement, parameters) == [], statement

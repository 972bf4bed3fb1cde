"""The ledger: who may enter, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from handoff.ledger import (
    Handoff,
    HandoffRepository,
    LeaseLost,
    Leases,
    LinkState,
    NewHandoff,
    migrate,
    open_database,
)
from handoff.ledger.tables import handoff, lease
from handoff.problems import LedgerUnavailable
from tests.conftest import TurnedClock
from tests.ledger.plans import statements_of, whole_reads

DRAFT = NewHandoff(
    transfer_key="ref:r1",
    content_hash="one",
    reference="r1",
    kind="guest",
    store_code="default",
    quote_number=27,
    customer_id=None,
    customer_group_id=None,
    bag={"currency": "GBP", "lines": [{"sku": "A", "quantity": "2"}]},
)


class Fixture:
    """A ledger on a database of its own."""

    def __init__(self, url: str, clock: TurnedClock) -> None:
        self.clock = clock
        self.database = open_database(url)
        migrate(self.database)
        self.ledger = HandoffRepository(self.database, clock, ttl=300, grace=60)
        self.claims = Leases(self.database, clock)

    def issue(self, draft: NewHandoff = DRAFT) -> Handoff:
        with self.claims.hold(draft.transfer_key, give_up=lambda: True) as held:
            assert held is not None
            return self.ledger.issue(held, draft)


@pytest.fixture
def on(ledger_url: str, clock: TurnedClock) -> Iterator[Fixture]:
    fixture = Fixture(ledger_url, clock)
    yield fixture
    fixture.database.close()


def test_what_was_issued_is_found_again(on: Fixture) -> None:
    row = on.issue()
    assert on.ledger.find(row.id) == row
    assert len(row.id) == 22
    assert row.item_count == 2
    assert on.ledger.find("unknown") is None


def test_issuing_settles_the_claim_in_the_same_transaction(on: Fixture) -> None:
    on.issue()
    with on.database.reading() as connection:
        assert connection.execute(select(lease)).first() is None


def test_a_claim_that_was_lost_writes_nothing(on: Fixture) -> None:
    with on.claims.hold("k", give_up=lambda: True) as first:
        assert first is not None
        on.clock.turn(seconds=4)
        with on.claims.hold("k", give_up=lambda: True) as second:
            assert second is not None
            with pytest.raises(LeaseLost):
                on.ledger.issue(first, DRAFT)
    with on.database.reading() as connection:
        assert connection.execute(select(handoff)).first() is None


def test_a_claim_makes_others_wait_until_they_give_up(on: Fixture) -> None:
    asked = []

    def give_up() -> bool:
        asked.append(True)
        return len(asked) > 2

    with (
        on.claims.hold("k", give_up=lambda: True),
        on.claims.hold("k", give_up=give_up) as second,
    ):
        assert second is None
    assert len(asked) == 3
    with on.claims.hold("k", give_up=lambda: True) as third:
        assert third is not None


def test_a_claim_is_kept_alive_while_it_is_held(on: Fixture) -> None:
    """A beat renews the lease once a second of real time."""
    import time

    with on.claims.hold("k", give_up=lambda: True):
        for _ in range(60):
            with on.database.reading() as connection:
                until = connection.execute(select(lease.c.expires_at)).scalar_one()
            on.clock.now = until - 1000
            time.sleep(0.05)
            if until > 1_800_000_003_000:
                break
        else:
            pytest.fail("the lease was never renewed")


def test_the_first_opener_spends_and_no_other(on: Fixture) -> None:
    row = on.issue()
    spent = on.ledger.spend(row.id, ["a", "b"])
    assert spent is not None
    assert (spent.web_view_hash, spent.used_at) == ("a", on.clock.now)
    assert on.ledger.spend(row.id, ["b"]) is None
    assert on.ledger.spend(row.id, ["b", "a"]) is not None


def test_an_expired_link_is_not_spent(on: Fixture) -> None:
    row = on.issue()
    on.clock.turn(seconds=300)
    assert on.ledger.spend(row.id, ["a"]) is None


def test_one_quote_and_one_key_have_one_current_handoff(on: Fixture) -> None:
    first = on.issue()
    second = on.issue(replace(DRAFT, transfer_key="ref:other"))
    third = on.issue(replace(DRAFT, transfer_key="ref:other", content_hash="two", quote_number=28))
    states = [(on.ledger.find(row.id) or row).state for row in (first, second, third)]
    assert states == [LinkState.SUPERSEDED, LinkState.SUPERSEDED, LinkState.LIVE]


def test_the_database_itself_refuses_two_current_handoffs_of_a_quote(on: Fixture) -> None:
    on.issue()
    with on.database.reading() as connection:
        row = connection.execute(select(handoff)).mappings().one()

    def insert_another() -> None:
        with on.database.writing() as connection:
            connection.execute(handoff.insert().values({**row, "id": "x", "transfer_key": "x"}))

    with pytest.raises(LedgerUnavailable):
        insert_another()


def test_no_statement_reads_rows_that_it_does_not_need(on: Fixture) -> None:
    """However long the ledger is, each request looks up its own rows, by index."""
    with statements_of(on.database) as statements:
        row = on.issue()
        on.issue(replace(DRAFT, content_hash="two"))
        on.ledger.find(row.id)
        on.ledger.spend(row.id, ["a"])
        on.ledger.unbound(row.id)
    assert len(statements) > 12
    for statement, parameters in statements:
        if not statement.startswith("INSERT"):
            assert whole_reads(on.database, statement, parameters) == [], statement


def test_a_ledger_without_wal_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LedgerUnavailable) as raised:
        migrate(open_database("sqlite:///:memory:"))
    assert "WAL" in raised.value.detail


def test_migrating_twice_changes_nothing(on: Fixture) -> None:
    row = on.issue()
    migrate(on.database)
    assert on.ledger.find(row.id) == row


def test_the_migrations_make_the_tables_of_the_schema(on: Fixture) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from handoff.ledger.tables import metadata

    with on.database.writing() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []

"""`handoff purge`: what it says, and how it ends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select, update

from handoff.ledger.purge import Purger
from handoff.ledger.tables import handoff as table
from tests.cli.conftest import Command
from tests.reconciliation.scenario import Scenario

_DAYS = 24 * 3_600_000


@pytest.fixture
def old(scenario: Scenario, handoff: Command) -> Scenario:
    """Three handoffs of a hundred days ago: one matched, one without reference, one open."""
    scenario.order(scenario.transfer_quote("matched"))
    scenario.transfer_existing_quote(
        "nothing", {"quote_id": scenario.shop.guest_quote(("ITEM-01", 1))}
    )
    handoff("reconcile")
    scenario.transfer_quote("open")
    with scenario.database.migrating() as connection:
        connection.execute(
            update(table).values(
                issued_at=table.c.issued_at - 100 * _DAYS,
                expires_at=table.c.expires_at - 100 * _DAYS,
            )
        )
        without = update(table).where(table.c.reference == "nothing")
        connection.execute(without.values(reference=None, resolved_at=1, outcome="not_ordered"))
    return scenario


def references(scenario: Scenario) -> set[str | None]:
    with scenario.database.reading() as connection:
        return set(connection.execute(select(table.c.reference)).scalars())


def counts(**changes: Any) -> dict[str, Any]:
    none = dict.fromkeys(("reduced", "deleted", "unreconciled", "claims"), 0)
    return {**none, "dry_run": False, **changes}


def test_what_is_reconciled_goes_and_what_is_not_is_a_finding(
    old: Scenario, handoff: Command
) -> None:
    dry = handoff("purge", "--older-than", "90d", "--dry-run", "--json")
    assert json.loads(dry.stdout) == counts(reduced=1, deleted=1, unreconciled=1, dry_run=True)
    ended = handoff("purge", "--older-than", "90d")
    assert ended.exit_code == 1
    assert "kept: not reconciled yet" in ended.stdout
    assert references(old) == {"matched", "open"}
    assert handoff("reconcile", "matched").exit_code == 0
    forced = handoff("purge", "--older-than", "90d", "--unreconciled", "--json")
    assert (forced.exit_code, json.loads(forced.stdout)) == (0, counts(reduced=1))
    assert "purged unreconciled" in handoff("reconcile", "open").stdout


def test_what_is_young_stays(old: Scenario, handoff: Command) -> None:
    ended = handoff("purge", "--older-than", "15w", "--json")
    assert (ended.exit_code, json.loads(ended.stdout)) == (0, counts())


def test_references_go_when_their_time_has_come(old: Scenario, handoff: Command) -> None:
    ended = handoff("purge", "--older-than", "12h", "--keep-references", "1w", "--json")
    assert json.loads(ended.stdout) == counts(deleted=2, unreconciled=1)
    assert references(old) == {"open"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--older-than"),
        (("--older-than", "soon"), "12h, 90d, 2w or 2y"),
        (("--older-than", "0d"), "12h, 90d, 2w or 2y"),
        (("--older-than", "90d", "--keep-references", "1w"), "cannot be shorter"),
    ],
)
def test_what_makes_no_sense_is_said(
    handoff: Command, arguments: tuple[str, ...], words: str
) -> None:
    ended = handoff("purge", *arguments)
    assert ended.exit_code == 2
    assert words in ended.stderr


def test_ctrl_c_reports_what_was_done(
    old: Scenario, handoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_self: Purger) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Purger, "_purge_leases", interrupted)
        ended = handoff("purge", "--older-than", "90d", "--json")
    assert ended.exit_code == 130
    assert json.loads(ended.stdout) == counts(reduced=1, deleted=1, unreconciled=1)

"""`handoff purge`: its output and its exit codes."""

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
def old_handoffs(scenario: Scenario, handoff: Command) -> Scenario:
    """Three handoffs of a hundred days ago: one matched, one without reference, one open."""
    scenario.order(scenario.transfer_quote("matched"))
    scenario.transfer_existing_quote(
        "nothing", {"quote_id": scenario.shop.create_guest_quote(("ITEM-01", 1))}
    )
    handoff("reconcile")
    scenario.transfer_quote("open")
    with scenario.database.open_migration_transaction() as connection:
        connection.execute(
            update(table).values(
                issued_at=table.c.issued_at - 100 * _DAYS,
                expires_at=table.c.expires_at - 100 * _DAYS,
            )
        )
        without = update(table).where(table.c.reference == "nothing")
        connection.execute(without.values(reference=None, resolved_at=1, outcome="not_ordered"))
    return scenario


def read_references(scenario: Scenario) -> set[str | None]:
    with scenario.database.open_read_connection() as connection:
        return set(connection.execute(select(table.c.reference)).scalars())


def build_report(**changes: Any) -> dict[str, Any]:
    handoffs = ("reduced", "deleted", "unreconciled", "unreadable")
    zeros = dict.fromkeys((*handoffs, "claims", "refusals", "webhook_events"), 0)
    return {**zeros, "dry_run": False, **changes}


def test_reconciled_handoffs_are_purged_and_others_are_a_finding(
    old_handoffs: Scenario, handoff: Command
) -> None:
    dry = handoff("purge", "--older-than", "90d", "--dry-run", "--json")
    assert json.loads(dry.stdout) == build_report(
        reduced=1, deleted=1, unreconciled=1, dry_run=True
    )
    result = handoff("purge", "--older-than", "90d")
    assert result.exit_code == 1
    assert "kept: not reconciled yet" in result.stdout
    assert read_references(old_handoffs) == {"matched", "open"}
    assert handoff("reconcile", "matched").exit_code == 0
    forced = handoff("purge", "--older-than", "90d", "--unreconciled", "--json")
    assert (forced.exit_code, json.loads(forced.stdout)) == (0, build_report(reduced=1))
    assert "purged unreconciled" in handoff("reconcile", "open").stdout


def test_younger_handoffs_stay(old_handoffs: Scenario, handoff: Command) -> None:
    result = handoff("purge", "--older-than", "15w", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, build_report())


def test_references_are_deleted_after_their_own_period(
    old_handoffs: Scenario, handoff: Command
) -> None:
    result = handoff("purge", "--older-than", "12h", "--keep-references", "1w", "--json")
    assert json.loads(result.stdout) == build_report(deleted=2, unreconciled=1)
    assert read_references(old_handoffs) == {"open"}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "--older-than"),
        (("--older-than", "soon"), "12h, 90d, 2w or 2y"),
        (("--older-than", "0d"), "12h, 90d, 2w or 2y"),
        (("--older-than", "6m"), "12h, 90d, 2w or 2y"),
        (("--older-than", "90d", "--keep-references", "1w"), "cannot be shorter"),
    ],
)
def test_invalid_options_are_explained(
    handoff: Command, arguments: tuple[str, ...], text: str
) -> None:
    result = handoff("purge", *arguments)
    assert result.exit_code == 2
    assert text in result.stderr


def test_ctrl_c_reports_what_was_purged(
    old_handoffs: Scenario, handoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_self: Purger, *_arguments: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Purger, "_delete_rows", interrupt)
        result = handoff("purge", "--older-than", "90d", "--json")
    assert result.exit_code == 130
    assert json.loads(result.stdout) == build_report(reduced=1, deleted=1, unreconciled=1)

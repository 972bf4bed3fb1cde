"""`handoff reconcile`: its output in every format, and its exit codes."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from handoff.deadline import Deadline
from handoff.ledger.lease_locks import Leases
from handoff.ledger.reconciliation_repository import ReconciliationRepository
from handoff.magento.orders import Orders
from tests.cli.conftest import Command
from tests.reconciliation.scenario import ADMIN, Scenario


@pytest.fixture
def transferred(scenario: Scenario) -> Scenario:
    """One handoff of each kind."""
    scenario.order(scenario.transfer_quote("matched"))
    masked_id = scenario.transfer_quote("differs", ("ITEM-01", 1))
    item = {"cartItem": {"sku": "ITEM-02", "qty": 3}}
    scenario.shop.call_rest("POST", f"guest-carts/{masked_id}/items", body=item)
    scenario.order(masked_id)
    scenario.transfer_quote("opened")
    scenario.transfer_quote("unopened", opened=False)
    for _ in range(2):
        scenario.order(scenario.transfer_quote("twice"))
    return scenario


def test_a_run_over_what_is_due_lists_discrepancies_and_counts_the_rest(
    transferred: Scenario, handoff: Command
) -> None:
    result = handoff("reconcile")
    assert result.exit_code == 1
    assert "ITEM-02: 0 in the bag, 3 ordered" in result.stdout
    assert "twice" in result.stdout
    assert "unopened" not in result.stdout
    for label in ("opened, not ordered", "never opened", "ordered differently", "two orders"):
        assert label in result.stdout
    again = handoff("reconcile")
    assert again.exit_code == 0
    assert "Nothing to report." in again.stdout


def test_a_period_lists_every_handoff_that_it_counts(
    transferred: Scenario, handoff: Command
) -> None:
    result = handoff("reconcile", "--since", "40m")
    for reference in ("matched", "differs", "opened", "unopened", "twice"):
        assert reference in result.stdout
    assert "--since" not in result.stdout


def test_what_is_due_says_that_it_lists_discrepancies_only(
    transferred: Scenario, handoff: Command
) -> None:
    assert "--since lists all handoffs" in handoff("reconcile").stdout


def test_one_reference_is_one_table(transferred: Scenario, handoff: Command) -> None:
    result = handoff("reconcile", "matched")
    assert result.stdout.count("state") == 1
    assert "000000001" in result.stdout
    assert "1 open handoff checked." in result.stderr


def test_abandoned_carts_are_no_findings(scenario: Scenario, handoff: Command) -> None:
    scenario.transfer_quote("opened")
    scenario.transfer_quote("unopened", opened=False)
    scenario.order(scenario.transfer_quote("matched"))
    assert handoff("reconcile", "--since", "1d").exit_code == 0


@pytest.mark.usefixtures("transferred")
def test_a_given_reference_has_to_be_matched(handoff: Command) -> None:
    for references, code in (
        (["matched"], 0),
        (["opened"], 1),
        (["unopened"], 1),
        (["differs"], 1),
        (["twice"], 1),
        (["matched", "nobody"], 1),
    ):
        result = handoff("reconcile", *references)
        assert result.exit_code == code, references
        assert all(reference in result.stdout for reference in references)


def test_json_has_every_handoff_and_the_counts(transferred: Scenario, handoff: Command) -> None:
    result = handoff("reconcile", "--since", "1d", "--json")
    report = json.loads(result.stdout)
    states = {item["reference"]: item["state"] for item in report["handoffs"]}
    assert states == {
        "matched": "matched",
        "differs": "differs",
        "opened": "not_ordered",
        "unopened": "never_opened",
        "twice": "two_orders",
    }
    assert report["complete"] is True
    assert report["summary"] == {
        **dict.fromkeys(states.values(), 1),
        "unknown_reference": 0,
        "unreconciled": 0,
    }
    assert set(report["handoffs"][0]) == {
        *("reference", "state", "final", "orders", "differences", "handoff", "caller"),
        *("cancelled_orders", "kind", "store", "quote_number"),
        *("issued_at", "opened_at", "settled_at"),
    }


@pytest.mark.parametrize(
    "reference", ["=1+1", "+49 30", "-2+3", "@SUM(A1)", " =1", "x;=1+1", "x,@y", "\uff1d1"]
)
def test_csv_holds_no_formula(scenario: Scenario, handoff: Command, reference: str) -> None:
    scenario.transfer_bag(reference, opened=False)
    result = handoff("reconcile", "--since", "1d", "--format", "csv")
    for separator in ",;":
        for row in csv.reader(io.StringIO(result.stdout), delimiter=separator):
            assert not [cell for cell in row if cell.lstrip()[:1] in ("=", "+", "-", "@", "\uff1d")]
    again = handoff("reconcile", "--csv", "-", "--json", stdin=result.stdout)
    [entry] = json.loads(again.stdout)["handoffs"]
    assert entry["reference"] == reference


def test_csv_has_a_line_for_every_handoff(transferred: Scenario, handoff: Command) -> None:
    result = handoff("reconcile", "--since", "1d", "--format", "csv")
    rows = {row["reference"]: row for row in csv.DictReader(io.StringIO(result.stdout))}
    assert len(rows) == 5
    assert rows["twice"]["orders"] == "000000003 000000004"
    assert rows["differs"]["differences"] == "ITEM-02: 0 in the bag, 3 ordered"
    assert (rows["matched"]["final"], rows["opened"]["final"]) == ("yes", "no")


def test_json_is_printed_if_nothing_is_due(scenario: Scenario, handoff: Command) -> None:
    report = json.loads(handoff("reconcile", "--json").stdout)
    assert report["handoffs"] == []


@pytest.mark.parametrize("by_file", [True, False])
def test_references_are_read_from_a_file_or_standard_input(
    transferred: Scenario, handoff: Command, tmp_path: Path, by_file: bool
) -> None:
    text = "\ufeffDate;Poq order\n1 May;matched\n2 May;nobody\n"
    file = tmp_path / "poq.csv"
    file.write_text(text, "utf-8")
    source = str(file) if by_file else "-"
    options = ("--csv", source, "--column", "poq order", "--json")
    report = json.loads(handoff("reconcile", "opened", *options, stdin=text).stdout)
    assert [(item["reference"], item["state"]) for item in report["handoffs"]] == [
        ("opened", "not_ordered"),
        ("matched", "matched"),
        ("nobody", "unknown_reference"),
    ]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("r", "--since", "1d"), "do not go together"),
        (("--since", "1h", "--until", "2h"), "--since has to be earlier"),
        (("--since", "soon"), "2026-11-01"),
        (("--since", "9999y"), "2026-11-01"),
        (("\udcff",), "not UTF-8"),  # as Python reads the byte 0xFF in an argument
        (("--column", "x"), "--column goes with --csv"),
        (("--csv", "-", "--column", "x"), "no column 'x'; it has: a, b"),
        (("--csv", "no-such-file"), "no-such-file"),
    ],
)
def test_invalid_options_are_explained(
    scenario: Scenario, handoff: Command, arguments: tuple[str, ...], text: str
) -> None:
    result = handoff("reconcile", *arguments, stdin="a,b\n1,2\n")
    assert result.exit_code == 2
    assert text in result.stderr


def test_orders_are_annotated_once(transferred: Scenario, handoff: Command) -> None:
    expected = sorted(f"Poq reference: {r}" for r in ("matched", "differs", "twice", "twice"))
    for _ in range(2):
        handoff("reconcile", "--since", "1d", "--annotate")
        assert sorted(transferred.read_comments()) == expected


def test_a_refused_annotation_is_a_finding(
    scenario: Scenario, handoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario.order(scenario.transfer_quote("r"))
    monkeypatch.setattr(Orders, "try_to_add_comment", lambda *_: False)
    result = handoff("reconcile", "--annotate")
    assert result.exit_code == 1
    assert "1 annotation refused" in result.stderr


def test_without_permission_to_read_orders_the_settings_for_it_are_named(
    scenario: Scenario, handoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HANDOFF_MAGENTO_ADMIN_USERNAME")
    monkeypatch.delenv("HANDOFF_MAGENTO_ADMIN_PASSWORD")
    result = handoff("reconcile")
    assert result.exit_code == 2
    assert "HANDOFF_MAGENTO_ACCESS_TOKEN" in result.stderr
    assert "Magento_Sales::actions_view" in result.stderr


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        (
            "HANDOFF_MAGENTO_ADMIN_PASSWORD",
            "Wrong-123",
            "does not accept the administrator's login",
        ),
        ("HANDOFF_MAGENTO_ACCESS_TOKEN", "wrong-token-123", "Magento_Sales::actions_view"),
        ("HANDOFF_MAGENTO_URL", "http://127.0.0.1:9", "The shop cannot be reached"),
    ],
)
def test_a_failed_login_is_explained_without_the_secret(
    scenario: Scenario,
    handoff: Command,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    text: str,
) -> None:
    scenario.transfer_quote("r")
    if name == "HANDOFF_MAGENTO_ACCESS_TOKEN":
        monkeypatch.delenv("HANDOFF_MAGENTO_ADMIN_USERNAME")
        monkeypatch.delenv("HANDOFF_MAGENTO_ADMIN_PASSWORD")
    monkeypatch.setenv(name, value)
    result = handoff("reconcile", "--json")
    assert result.exit_code == 2
    assert text in result.stderr
    assert value not in result.output or name == "HANDOFF_MAGENTO_URL"
    assert ADMIN["password"] not in result.output
    assert json.loads(result.stdout)["complete"] is False


def test_ctrl_c_reports_the_count_and_the_next_run_continues(
    scenario: Scenario, handoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handoff.ledger.reconciliation_repository._PAGE_SIZE", 2)
    for number in range(5):
        scenario.transfer_quote(f"r{number}")
    record, calls = ReconciliationRepository.record_findings, []

    def interrupt(self: ReconciliationRepository, *arguments: object, **options: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        record(self, *arguments, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(ReconciliationRepository, "record_findings", interrupt)
        result = handoff("reconcile", "--json")
    assert result.exit_code == 130
    assert "2 open handoffs checked; not complete" in result.stderr
    report = json.loads(result.stdout)
    assert (len(report["handoffs"]), report["complete"]) == (2, False)
    rest = json.loads(handoff("reconcile", "--json").stdout)
    assert (len(rest["handoffs"]), rest["complete"]) == (3, True)


@pytest.mark.processes
@pytest.mark.usefixtures("scenario", "handoff")  # they set the environment
@pytest.mark.parametrize("output_format", ["table", "csv", "json"])
def test_it_runs_if_its_output_is_closed(output_format: str) -> None:
    command = [sys.executable, "-m", "handoff.cli", "reconcile", "--format", output_format]
    shell = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
    ended = subprocess.run(shell, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "0 open handoffs checked.\n")


def test_only_one_run_at_a_time(scenario: Scenario, handoff: Command) -> None:
    with Leases(scenario.database, seconds=10).acquire("reconcile", Deadline.after(0)):
        result = handoff("reconcile")
    assert result.exit_code == 2
    assert "Another reconcile is running" in result.stderr
    assert handoff("reconcile").exit_code == 0


@pytest.mark.parametrize("command", [("reconcile",), ("purge", "--older-than", "90d")])
def test_a_missing_ledger_is_not_created(
    handoff: Command, tmp_path: Path, command: tuple[str, ...]
) -> None:
    result = handoff(*command)
    assert result.exit_code == 2
    assert "there is no ledger" in result.stderr
    assert list(tmp_path.glob("*.db")) == []

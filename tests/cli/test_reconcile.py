"""`handoff reconcile`: what it says, in which form, and how it ends."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from handoff.deadline import Deadline
from handoff.ledger import Leases
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
    scenario.shop.rest("POST", f"guest-carts/{masked_id}/items", body=item)
    scenario.order(masked_id)
    scenario.transfer_quote("opened")
    scenario.transfer_quote("unopened", opened=False)
    for _ in range(2):
        scenario.order(scenario.transfer_quote("twice"))
    return scenario


def test_the_hourly_run_lists_what_is_wrong_and_counts_the_rest(
    transferred: Scenario, handoff: Command
) -> None:
    ended = handoff("reconcile")
    assert ended.exit_code == 1
    assert "ITEM-02: 0 in the bag, 3 ordered" in ended.stdout
    assert "twice" in ended.stdout
    assert "unopened" not in ended.stdout
    for words in ("opened, not ordered", "never opened", "ordered differently", "two orders"):
        assert words in ended.stdout
    again = handoff("reconcile")
    assert again.exit_code == 0
    assert "Nothing to report." in again.stdout


def test_carts_that_were_left_are_no_findings(scenario: Scenario, handoff: Command) -> None:
    scenario.transfer_quote("opened")
    scenario.transfer_quote("unopened", opened=False)
    scenario.order(scenario.transfer_quote("matched"))
    assert handoff("reconcile", "--since", "1d").exit_code == 0


@pytest.mark.parametrize(
    ("references", "code"),
    [
        (["matched"], 0),
        (["opened"], 1),
        (["unopened"], 1),
        (["differs"], 1),
        (["twice"], 1),
        (["matched", "nobody"], 1),
    ],
)
def test_a_reference_that_is_asked_for_has_to_be_matched(
    transferred: Scenario, handoff: Command, references: list[str], code: int
) -> None:
    ended = handoff("reconcile", *references)
    assert ended.exit_code == code
    assert all(reference in ended.stdout for reference in references)


def test_json_holds_every_handoff_and_the_counts(transferred: Scenario, handoff: Command) -> None:
    ended = handoff("reconcile", "--since", "1d", "--json")
    told = json.loads(ended.stdout)
    states = {each["reference"]: each["state"] for each in told["handoffs"]}
    assert states == {
        "matched": "matched",
        "differs": "differs",
        "opened": "not_ordered",
        "unopened": "never_opened",
        "twice": "two_orders",
    }
    assert told["complete"] is True
    assert told["summary"] == {
        **dict.fromkeys(states.values(), 1),
        "unknown_reference": 0,
        "unreconciled": 0,
    }
    assert set(told["handoffs"][0]) == {
        *("reference", "state", "final", "orders", "differences", "handoff", "kind", "store"),
        *("quote_number", "issued_at", "opened_at", "settled_at"),
    }


def test_csv_has_a_line_for_every_handoff(transferred: Scenario, handoff: Command) -> None:
    ended = handoff("reconcile", "--since", "1d", "--format", "csv")
    rows = {row["reference"]: row for row in csv.DictReader(io.StringIO(ended.stdout))}
    assert len(rows) == 5
    assert rows["twice"]["orders"] == "000000003 000000004"
    assert rows["differs"]["differences"] == "ITEM-02: 0 in the bag, 3 ordered"
    assert (rows["matched"]["final"], rows["opened"]["final"]) == ("yes", "no")


def test_nothing_due_is_json_as_well(scenario: Scenario, handoff: Command) -> None:
    told = json.loads(handoff("reconcile", "--json").stdout)
    assert told["handoffs"] == []


@pytest.mark.parametrize("by_file", [True, False])
def test_references_come_from_a_file_or_standard_input(
    transferred: Scenario, handoff: Command, tmp_path: Path, by_file: bool
) -> None:
    text = "\ufeffDate;Poq order\n1 May;matched\n2 May;nobody\n"
    file = tmp_path / "poq.csv"
    file.write_text(text, "utf-8")
    source = str(file) if by_file else "-"
    options = ("--csv", source, "--column", "poq order", "--json")
    told = json.loads(handoff("reconcile", "opened", *options, stdin=text).stdout)
    assert [(each["reference"], each["state"]) for each in told["handoffs"]] == [
        ("opened", "not_ordered"),
        ("matched", "matched"),
        ("nobody", "unknown_reference"),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("r", "--since", "1d"), "do not go together"),
        (("--since", "1h", "--until", "2h"), "--since has to be earlier"),
        (("--since", "soon"), "2026-11-01"),
        (("--column", "x"), "--column goes with --csv"),
        (("--csv", "-", "--column", "x"), "no column 'x'; it has: a, b"),
        (("--csv", "no-such-file"), "no-such-file"),
    ],
)
def test_what_makes_no_sense_is_said(
    scenario: Scenario, handoff: Command, arguments: tuple[str, ...], words: str
) -> None:
    ended = handoff("reconcile", *arguments, stdin="a,b\n1,2\n")
    assert ended.exit_code == 2
    assert words in ended.stderr


def test_annotations_are_put_on_orders_once(transferred: Scenario, handoff: Command) -> None:
    expected = sorted(f"Poq reference: {r}" for r in ("matched", "differs", "twice", "twice"))
    for _ in range(2):
        handoff("reconcile", "--since", "1d", "--annotate")
        assert sorted(transferred.read_comments()) == expected


def test_an_annotation_that_the_shop_refuses_is_a_finding(
    scenario: Scenario, handoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario.order(scenario.transfer_quote("r"))
    monkeypatch.setattr(Orders, "add_comment", lambda *_: False)
    ended = handoff("reconcile", "--annotate")
    assert ended.exit_code == 1
    assert "1 annotations refused" in ended.stderr


def test_without_a_right_to_read_orders_it_says_what_to_set(
    scenario: Scenario, handoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HANDOFF_MAGENTO_ADMIN_USERNAME")
    monkeypatch.delenv("HANDOFF_MAGENTO_ADMIN_PASSWORD")
    ended = handoff("reconcile")
    assert ended.exit_code == 2
    assert "HANDOFF_MAGENTO_ACCESS_TOKEN" in ended.stderr
    assert "Magento_Sales::actions_view" in ended.stderr


@pytest.mark.parametrize(
    ("name", "value", "words"),
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
def test_a_shop_that_lets_nobody_in_is_told_in_words_without_the_secret(
    scenario: Scenario,
    handoff: Command,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    words: str,
) -> None:
    scenario.transfer_quote("r")
    monkeypatch.setenv(name, value)
    ended = handoff("reconcile", "--json")
    assert ended.exit_code == 2
    assert words in ended.stderr
    assert value not in ended.output or name == "HANDOFF_MAGENTO_URL"
    assert ADMIN["password"] not in ended.output
    assert json.loads(ended.stdout)["complete"] is False


def test_ctrl_c_says_how_far_it_got_and_the_next_run_goes_on(
    scenario: Scenario, handoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handoff.ledger.reconciliation_repository._PAGE_SIZE", 2)
    for number in range(5):
        scenario.transfer_quote(f"r{number}")
    record, calls = ReconciliationRepository.record, []

    def interrupted(self: ReconciliationRepository, *arguments: object, **options: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        record(self, *arguments, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(ReconciliationRepository, "record", interrupted)
        ended = handoff("reconcile", "--json")
    assert ended.exit_code == 130
    assert "2 open handoffs checked; not complete" in ended.stderr
    told = json.loads(ended.stdout)
    assert (len(told["handoffs"]), told["complete"]) == (2, False)
    rest = json.loads(handoff("reconcile", "--json").stdout)
    assert (len(rest["handoffs"]), rest["complete"]) == (3, True)


def test_two_at_once_do_not_get_into_each_others_way(scenario: Scenario, handoff: Command) -> None:
    with Leases(scenario.database, seconds=10).acquire("reconcile", Deadline.after(0)):
        ended = handoff("reconcile")
    assert ended.exit_code == 2
    assert "Another reconcile is running" in ended.stderr
    assert handoff("reconcile").exit_code == 0


@pytest.mark.parametrize("command", [("reconcile",), ("purge", "--older-than", "90d")])
def test_a_ledger_that_is_not_there_is_not_made(
    handoff: Command, tmp_path: Path, command: tuple[str, ...]
) -> None:
    ended = handoff(*command)
    assert ended.exit_code == 2
    assert "there is no ledger" in ended.stderr
    assert list(tmp_path.glob("*.db")) == []

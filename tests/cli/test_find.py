"""`handoff find`: what it finds, what it prints, and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import Result

from handoff.ledger.database import read_system_clock
from handoff.ledger.purge import Purger, PurgeRequest
from handoff.ledger.search_repository import SearchRepository
from handoff.ledger.webhook_outbox_writer import WebhookOutboxWriter
from handoff.problems import LedgerUnavailable
from handoff.time_and_order_json import format_time
from handoff.webhooks.delivery_repository import DeliveryRepository
from handoff.webhooks.receivers import Receiver
from tests.cli.conftest import Command
from tests.conftest import Poq, use_link
from tests.reconciliation.scenario import ADMIN, Scenario

UUID = "9f1c2a5e-7d34-4c1b-8f0e-2f6d9f0c1a77"


def read_transfers(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code in (0, 1), result.output
    transfers: list[dict[str, Any]] = json.loads(result.stdout)["transfers"]
    return transfers


def read_events(transfer: dict[str, Any]) -> list[list[str]]:
    return [[entry["event"] for entry in each["timeline"]] for each in transfer["handoffs"]]


def find_entry(transfer: dict[str, Any], event: str) -> dict[str, Any]:
    [entry] = [e for each in transfer["handoffs"] for e in each["timeline"] if e["event"] == event]
    return dict(entry)


@pytest.fixture
def ordered(scenario: Scenario, handoff: Command) -> Scenario:
    """A transfer whose quote was changed in checkout and ordered, and one that waits."""
    masked_id = scenario.transfer_quote(UUID, ("ITEM-01", 1))
    item = {"cartItem": {"sku": "ITEM-02", "qty": 3}}
    scenario.shop.call_rest("POST", f"guest-carts/{masked_id}/items", body=item)
    scenario.order(masked_id)
    scenario.transfer_quote("waiting", opened=False)
    assert handoff("reconcile").exit_code == 1
    return scenario


def spell_reference(_found: dict[str, Any], _link: str) -> str:
    return f" {UUID.replace('-', '').upper()} "


def name_quote(found: dict[str, Any], _link: str) -> str:
    return str(find_entry(found, "transferred")["quote_number"])


def name_order(found: dict[str, Any], _link: str) -> str:
    return f"#{find_entry(found, 'ordered')['number']}"


def name_handoff(found: dict[str, Any], _link: str) -> str:
    return str(found["handoffs"][0]["handoff"])


def read_out_support_code(found: dict[str, Any], _link: str) -> str:
    return str(found["handoffs"][0]["support_code"]).lower().replace("-", " ").replace("0", "O")


def paste_link(_found: dict[str, Any], link: str) -> str:
    return f"see https://www.shop.example/handoff{link}?utm=1"


def paste_encoded_link(_found: dict[str, Any], link: str) -> str:
    return f"app://open?url={quote(f'https://www.shop.example{link}', safe='')}"


def paste_form(_found: dict[str, Any], link: str) -> str:
    return f"token={link.removeprefix('/h/')}"


def paste_token(_found: dict[str, Any], link: str) -> str:
    return link.removeprefix("/h/")


@pytest.mark.parametrize(
    "write",
    [
        spell_reference,
        name_quote,
        name_order,
        name_handoff,
        read_out_support_code,
        paste_link,
        paste_encoded_link,
        paste_form,
        paste_token,
    ],
)
def test_anything_that_leads_to_a_transfer_finds_it(
    ordered: Scenario, handoff: Command, write: Callable[[dict[str, Any], str], str]
) -> None:
    [expected] = read_transfers(handoff("find", UUID, "--json"))
    text = write(expected, ordered.links[UUID])
    signature = ordered.links[UUID].rpartition(".")[2]
    from_stdin = handoff("find", "-", "--json", stdin=text)
    for result in (from_stdin, handoff("find", "--json", *text.split())):
        assert (result.exit_code, read_transfers(result)) == (0, [expected])
        assert signature not in result.output


@pytest.mark.parametrize("beginning", ["-h", "-Jh", "--h", "-"])
def test_an_id_that_begins_with_a_hyphen_is_no_option(
    scenario: Scenario, handoff: Command, monkeypatch: pytest.MonkeyPatch, beginning: str
) -> None:
    handoff_id = beginning.ljust(22, "A")
    module = "handoff.ledger.handoff_repository"
    monkeypatch.setattr(f"{module}.generate_handoff_id", lambda: handoff_id)
    token = Poq(scenario.app.test_client()).request_link(reference="r").rpartition("/")[2]
    expected = read_transfers(handoff("find", "r", "--json"))
    for text in (handoff_id, handoff_id[:12], token):
        assert read_transfers(handoff("find", text, "--json")) == expected
        assert read_transfers(handoff("find", "--json", "--", text)) == expected
    assert handoff("find", "-h").stdout.startswith("Usage:")


def test_the_timeline_of_an_order_that_differs(ordered: Scenario, handoff: Command) -> None:
    [found] = read_transfers(handoff("find", UUID, "--json"))
    assert (found["reference"], found["state"], found["refusal"]) == (UUID, "ordered", None)
    assert read_events(found) == [
        ["transferred", "opened", "session_written", "ordered", "reconciled"]
    ]
    transferred = find_entry(found, "transferred")
    assert (transferred["caller"], transferred["kind"]) == ("poq", "guest")
    assert transferred["item_count"] == 1
    [difference] = find_entry(found, "reconciled")["differences"]
    assert (difference["sku"], difference["bag"], difference["ordered"]) == ("ITEM-02", "0", "3")
    text = handoff("find", UUID).stdout
    assert f"Reference {UUID}: ordered" in text
    assert "by poq, a guest's quote, 1 item, quote" in text
    assert "000000001, new" in text
    assert "ordered differently: ITEM-02: 0 in the bag, 3 ordered" in text


def test_a_link_that_is_reopened_and_then_superseded(scenario: Scenario, handoff: Command) -> None:
    client, phone = scenario.app.test_client(), scenario.app.test_client()
    link = Poq(client).request_link(reference="r")
    for _ in range(3):
        scenario.clock.advance(seconds=1)
        assert use_link(phone, link).status_code == 303
    scenario.clock.advance(seconds=1)
    Poq(client).request_link(("ITEM-02", 1), reference="r")
    [found] = read_transfers(handoff("find", "r", "--json"))
    assert read_events(found) == [
        ["transferred", "opened", "session_written", "reopened", "superseded"],
        ["transferred"],
    ]
    reopened = find_entry(found, "reopened")
    assert reopened["count"] == 2
    assert reopened["at"] == format_time(scenario.clock.now - 1000)
    assert "2 times" in handoff("find", "r").stdout


def test_the_bag_stands_beside_the_order_with_the_differences(
    ordered: Scenario, handoff: Command
) -> None:
    [found] = read_transfers(handoff("find", UUID, "--json"))
    assert found["handoffs"][0]["lines"] == [
        {"sku": "ITEM-01", "bag": "1", "ordered": "1", "difference": None},
        {"sku": "ITEM-02", "bag": "0", "ordered": "3", "difference": "foreign_in_order"},
    ]
    text = " ".join(handoff("find", UUID).stdout.split())
    assert "ITEM-01 1 1 none ITEM-02 0 3 not in the bag" in text


def test_without_an_order_only_the_bag_is_known(ordered: Scenario, handoff: Command) -> None:
    [found] = read_transfers(handoff("find", "waiting", "--json"))
    lines = found["handoffs"][0]["lines"]
    assert [(line["sku"], line["bag"], line["ordered"]) for line in lines] == [
        ("ITEM-01", "2", None),
        ("ITEM-02", "1", None),
    ]
    assert "sku quantity" in " ".join(handoff("find", "waiting").stdout.split())


def test_an_order_has_the_time_at_which_it_was_placed(ordered: Scenario, handoff: Command) -> None:
    [found] = read_transfers(handoff("find", UUID, "--json"))
    token = ordered.shop.call_rest("POST", "integration/admin/token", body=ADMIN)
    orders = ordered.shop.call_rest("GET", "orders?searchCriteria[pageSize]=1", token=str(token))
    placed = orders["items"][0]["created_at"].replace(" ", "T")
    assert find_entry(found, "ordered")["at"] == f"{placed}.000Z"


def test_the_page_that_the_shopper_saw_is_shown(scenario: Scenario, handoff: Command) -> None:
    scenario.transfer_bag("r")
    other = scenario.app.test_client()
    for _ in range(2):
        assert other.get(scenario.links["r"]).status_code == 410
    [found] = read_transfers(handoff("find", "r", "--json"))
    assert read_events(found) == [["transferred", "opened", "session_written", "page_shown"]]
    title = "This link has already been used"
    assert found["handoffs"][0]["shown_page"] == {"page": "used", "title": title}
    assert title in handoff("find", "r").stdout


def test_a_page_is_shown_without_a_ledger_that_can_be_written(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario.transfer_bag("r")

    def fail(*_arguments: Any, **_options: Any) -> None:
        raise LedgerUnavailable("the disk is full")

    monkeypatch.setattr(scenario.database, "write", fail)
    assert scenario.app.test_client().get(scenario.links["r"]).status_code == 410


@pytest.mark.parametrize("is_delivered", [True, False])
def test_the_events_of_webhooks_are_in_the_timeline(
    scenario: Scenario, handoff: Command, monkeypatch: pytest.MonkeyPatch, is_delivered: bool
) -> None:
    url = "https://hooks.shop.example/secret-path"
    monkeypatch.setenv("HANDOFF_WEBHOOK_URL", url)
    monkeypatch.setenv("HANDOFF_WEBHOOK_SECRET", "whsec_" + "A" * 44)
    receiver = Receiver.from_url(url)
    scenario.transfer_bag("r", opened=False)
    outbox = WebhookOutboxWriter([receiver.key])
    [opened] = SearchRepository(scenario.database).find_by_text("r")[0].handoffs
    scenario.database.write(lambda connection: outbox.add_opened_event(connection, opened))
    deliveries = DeliveryRepository(scenario.database)
    [event] = deliveries.find_due(receiver.key)
    if is_delivered:
        deliveries.mark_delivered(event)
    else:
        deliveries.postpone(event, "It answers 500.")
    [found] = read_transfers(handoff("find", "r", "--json"))
    entry = find_entry(found, "webhook_delivered" if is_delivered else "webhook_waiting")
    assert (entry["type"], entry["receiver"]) == ("handoff.opened", receiver.name)
    assert entry["failed_count"] == (0 if is_delivered else 1)
    output = handoff("find", "r").stdout
    assert f"handoff.opened to {receiver.name}" in output
    attempted_at = format_time(scenario.clock.now)
    due_at = None if is_delivered else format_time(scenario.clock.now + 5_000)
    assert (entry["last_attempt_at"], entry["next_attempt_at"]) == (attempted_at, due_at)
    assert entry["last_failure"] == (None if is_delivered else "It answers 500.")
    assert is_delivered or "1 failed attempt, last" in " ".join(output.split())
    assert "secret-path" not in output


def test_a_link_that_nobody_used_expires(scenario: Scenario, handoff: Command) -> None:
    scenario.clock.now -= 3_600_000
    scenario.transfer_bag("late", opened=False)
    [found] = read_transfers(handoff("find", "late", "--json"))
    assert (found["state"], read_events(found)) == ("expired", [["transferred", "expired"]])


def test_a_refused_transfer_has_its_code_and_its_skus(scenario: Scenario, handoff: Command) -> None:
    refused = Poq(scenario.app.test_client()).transfer_bag(("ITEM-99", 1), reference="Re-Fused")
    assert refused.status_code == 422
    [found] = read_transfers(handoff("find", "refused", "--json"))
    assert (found["reference"], found["state"], found["handoffs"]) == ("Re-Fused", "refused", [])
    assert found["refusal"]["code"] == "lines_refused"
    assert found["refusal"]["skus"] == ["ITEM-99"]
    assert "lines_refused: ITEM-99" in handoff("find", "refused").stdout


def test_the_last_refusals_of_a_reference_are_shown(scenario: Scenario, handoff: Command) -> None:
    poq = Poq(scenario.app.test_client())
    for sku in ("ITEM-98", "ITEM-99"):
        assert poq.transfer_bag((sku, 1), reference="r").status_code == 422
        scenario.clock.advance(seconds=60)
    [found] = read_transfers(handoff("find", "r", "--json"))
    assert [refusal["skus"] for refusal in found["refusals"]] == [["ITEM-98"], ["ITEM-99"]]
    assert found["refusal"] == found["refusals"][1]
    output = handoff("find", "r").stdout
    assert output.index("lines_refused: ITEM-98") < output.index("lines_refused: ITEM-99")


def test_a_refusal_after_a_handoff_is_found_by_its_quote(
    scenario: Scenario, handoff: Command
) -> None:
    scenario.transfer_bag("r", opened=False)
    scenario.clock.advance(seconds=1)
    Poq(scenario.app.test_client()).transfer_bag(("ITEM-99", 1), reference="r")
    [found] = read_transfers(handoff("find", "r", "--json"))
    quote_number = str(find_entry(found, "transferred")["quote_number"])
    assert found["refusal"]["skus"] == ["ITEM-99"]
    assert read_transfers(handoff("find", quote_number, "--json")) == [found]


def test_references_that_differ_in_hyphens_are_all_shown(
    scenario: Scenario, handoff: Command
) -> None:
    scenario.transfer_bag("1-23", opened=False)
    scenario.transfer_bag("12-3", opened=False)
    found = read_transfers(handoff("find", "123-", "--json"))
    assert {transfer["reference"] for transfer in found} == {"1-23", "12-3"}


def test_a_purged_handoff_keeps_its_order(ordered: Scenario, handoff: Command) -> None:
    later = read_system_clock() + 1000
    with ordered.database.open_migration_transaction() as connection:
        connection.exec_driver_sql("UPDATE handoff SET expires_at = 1")
    request = PurgeRequest(anonymise_before=later, delete_before=0)
    list(Purger(ordered.database).purge(request))
    [found] = read_transfers(handoff("find", "000000001", "--json"))
    assert "purged" in read_events(found)[0]
    assert find_entry(found, "transferred")["item_count"] is None
    assert handoff("find", UUID).exit_code == 0


TEXTS_THAT_LEAD_NOWHERE = (
    "nobody",
    "0",
    "%",
    "_",
    '1", "state',
    "9" * 5000,
    "-x",
    "--unknown-option",
    "\x1b[31m",
    "\udcff",
    "[red]r[/red]",
    "caf\u00e9",
    f"https://www.shop.example/h/{'A' * 22}.{'B' * 43}",
)


@pytest.mark.usefixtures("ordered")
def test_a_text_that_leads_nowhere_is_not_repeated(handoff: Command) -> None:
    without_matches = handoff("find", "nobody").stdout
    assert without_matches.startswith("Nothing in the ledger matches.\n")
    for text in TEXTS_THAT_LEAD_NOWHERE:
        result = handoff("find", text)
        assert result.exit_code == 1, result.output
        assert result.stdout == without_matches, ascii(text[:12])
        assert read_transfers(handoff("find", text, "--json")) == [], ascii(text[:12])


def test_the_code_of_a_page_without_a_handoff_leads_to_the_log(handoff: Command) -> None:
    assert handoff("migrate").exit_code == 0
    result = handoff("find", "7k3m9qx2")
    assert result.exit_code == 1
    assert "If 7K3M-9QX2 is a support code, compare each character" in result.stdout
    assert "only the log has its code" in result.stdout


@pytest.mark.parametrize(
    "text", ["shopper@example.com", "10:15", "Anna Schmidt", "+44 20 7946 0000"]
)
def test_a_text_that_cannot_be_found_is_answered_with_what_can_be(
    handoff: Command, text: str
) -> None:
    assert handoff("migrate").exit_code == 0
    output = handoff("find", text).stdout
    assert "names, e-mail addresses and telephone numbers lead to nothing" in output
    assert "Neither does a time" in output
    assert "- You can search for a reference, an order number," in output
    assert "support code, compare" not in output


def test_markup_in_a_reference_is_printed_as_it_is(scenario: Scenario, handoff: Command) -> None:
    scenario.transfer_bag("[bold]r[/nothing]", opened=False)
    assert "Reference [bold]r[/nothing]: issued" in handoff("find", "[bold]r[/nothing]").stdout


def test_a_missing_ledger_is_not_created(handoff: Command) -> None:
    result = handoff("find", "r")
    assert result.exit_code == 2
    assert "there is no ledger" in result.stderr

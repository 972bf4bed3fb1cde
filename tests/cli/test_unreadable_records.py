"""Each command names a record of the ledger that it cannot read, goes on, and exits with code 1."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from handoff.ledger.tables import handoff as handoff_table
from tests.cli.conftest import Command
from tests.conftest import KEY, Poq, get_link_path
from tests.reconciliation.scenario import Scenario

BAG = {"reference": "damaged", "currency": "GBP", "items": [{"sku": "ITEM-01", "quantity": 1}]}


@pytest.fixture
def damaged_id(scenario: Scenario) -> str:
    """Store a handoff that is ordered, and another one whose bag is garbage, and return its id."""
    scenario.order(scenario.transfer_quote("readable"))
    scenario.transfer_quote("damaged")
    is_damaged = handoff_table.c.reference == "damaged"

    def damage(connection: sa.Connection) -> str:
        statement = sa.update(handoff_table).where(is_damaged).values(bag=5)
        return str(connection.execute(statement.returning(handoff_table.c.id)).scalar_one())

    return scenario.database.write(damage)


def test_reconcile_names_it_and_reports_the_others(handoff: Command, damaged_id: str) -> None:
    result = handoff("reconcile", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert [entry["reference"] for entry in report["handoffs"]] == ["readable"]
    assert report["unreadable"] == [{"record": damaged_id, "columns": ["bag"]}]
    assert result.stderr.count(f"record {damaged_id} cannot be read: bag.") == 1


def test_find_names_it(handoff: Command, damaged_id: str) -> None:
    result = handoff("find", "damaged", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["transfers"] == []
    assert damaged_id in result.stderr
    assert handoff("find", "readable").exit_code == 0


def test_purge_names_and_keeps_it(handoff: Command, damaged_id: str, scenario: Scenario) -> None:
    old = sa.update(handoff_table).values(issued_at=1)
    scenario.database.write(lambda connection: connection.execute(old))
    result = handoff("purge", "--older-than", "1h", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["unreadable"] == 1
    assert damaged_id in result.stderr


def test_the_api_and_the_link_answer_without_a_fault_of_the_service(
    damaged_id: str, scenario: Scenario
) -> None:
    client = scenario.app.test_client()
    answer = client.get("/api/handoffs/damaged", headers={"Authorization": KEY})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "record_unreadable")
    page = client.get(scenario.links["damaged"])
    assert "Something went wrong" in page.text
    link = get_link_path(Poq(client).transfer(BAG))
    assert client.get(link).status_code == 200

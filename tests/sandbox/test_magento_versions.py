"""The sandbox answers GraphQL as each version of Magento did: one file of exchanges for each.

The recorded shops sold the sandbox's products. In the files, CART-… stands for a masked id, and
UID-… for the uid of a size.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from handoff_sandbox import create_shop
from handoff_sandbox.full_catalogue import create_full_catalogue
from handoff_sandbox.magento_version import MagentoVersion

FILES = sorted((Path(__file__).parent / "graphql_recordings").glob("*.json"))
UIDS = {"UID-S": "Y29uZmlndXJhYmxlLzEzNy80", "UID-L": "Y29uZmlndXJhYmxlLzEzNy81"}
STOCK_BEFORE = {
    "fewer left than in the cart": 2,
    "sold out": 0,
    "a sound cart, with the switch of checkout": 5,
}
# Numbers of the recorded shop, places in a document, and categories, which 2.4.6 does not give.
OWN = {"uid", "locations", "extensions"}


@pytest.fixture(scope="module", params=FILES, ids=lambda file: file.stem)
def answers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[tuple[int, Any], tuple[int, Any]]]:
    """Return status and body of each exchange by its name, as recorded and as given now."""
    recorded = json.loads(request.param.read_text("utf-8"))
    app = create_shop(
        url="http://shop.test",
        session_path=tmp_path_factory.mktemp("sessions"),
        catalogue=create_full_catalogue(),
        magento=recorded["magento"],
    )
    client, catalogue = app.test_client(), app.extensions["sandbox"].catalogue
    found = {}
    for exchange in recorded["exchanges"]:
        name = exchange["name"]
        if name in STOCK_BEFORE:
            catalogue.find_by_sku("PC-SOLD").stock = Decimal(STOCK_BEFORE[name])
        given = send(client, exchange["query"], exchange["variables"])
        found[name] = ((exchange["status"], remove_own_values(exchange["body"])), given)
    return found


def send(client: FlaskClient, query: str, variables: dict[str, Any]) -> tuple[int, Any]:
    text = json.dumps(variables)
    for name, uid in UIDS.items():
        text = text.replace(name, uid)
    cart = str(variables.get("id", ""))
    masked_id = cart.ljust(32, "x").replace("-", "0")
    sent = {**json.loads(text), "id": masked_id} if cart.startswith("CART-") else json.loads(text)
    answer = client.post("/graphql", json={"query": query, "variables": sent})
    return answer.status_code, remove_own_values(json.loads(answer.text.replace(masked_id, cart)))


def remove_own_values(value: Any) -> Any:
    """Return JSON without what is the recorded shop's own; of a page only that there is one."""
    if isinstance(value, list):
        return [remove_own_values(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: bool(child) if name == "url_rewrites" else remove_own_values(child)
        for name, child in value.items()
        if name not in OWN
    }


def test_each_version_has_recordings() -> None:
    assert [file.stem for file in FILES] == list(MagentoVersion)


def test_the_sandbox_answers_as_this_version_did(
    answers: dict[str, tuple[tuple[int, Any], tuple[int, Any]]],
) -> None:
    assert len(answers) > 15
    for name, (recorded, given) in answers.items():
        assert given == recorded, name

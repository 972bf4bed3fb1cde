"""`GET /api/handoffs/<reference>`: the state of a transfer, for its caller only."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from handoff.settings import Settings
from handoff.settings.caller_keys import CallerKey
from tests.conftest import KEY, FakeClock, Poq, get_link_path
from tests.running_servers import RunningShop

OTHER_KEY = "a-key-of-another-caller"
ROTATED_KEY = "another-key-of-the-same-caller"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Give the service two callers, one with two keys, and the right to read orders."""
    keys = (("poq", KEY), ("poq", ROTATED_KEY), ("other", OTHER_KEY))
    return settings.model_copy(
        update={
            "api_keys": tuple(CallerKey(caller=c, key=SecretStr(key)) for c, key in keys),
            "magento_admin_username": "admin",
            "magento_admin_password": SecretStr("Admin123!"),
        }
    )


def ask(client: FlaskClient, reference: str = "r-1", key: str | None = KEY) -> TestResponse:
    headers = {"Authorization": key} if key else {}
    return client.get(f"/api/handoffs/{quote(reference, safe='')}", headers=headers)


def read_state(client: FlaskClient, reference: str = "r-1") -> str:
    answer = ask(client, reference)
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["state"])


def open_link(web_view: FlaskClient, link: str) -> None:
    web_view.get(link)
    assert web_view.post(link).status_code == 303


def test_the_states_of_a_transfer_that_is_ordered(
    client: FlaskClient,
    poq: Poq,
    phone: FlaskClient,
    shop: RunningShop,
    clock: FakeClock,
) -> None:
    link = poq.request_link(("ITEM-01", 2))
    issued = ask(client).get_json()
    assert issued == {
        "reference": "r-1",
        "state": "issued",
        "issued_at": "2027-01-15T08:00:00.000Z",
        "expires_at": "2027-01-15T08:05:00.000Z",
        "opened_at": None,
        "session_written_at": None,
        "superseded_at": None,
        "orders": [],
        "refusal": None,
    }
    phone.get(link)
    assert read_state(client) == "issued"
    clock.advance(seconds=7)
    open_link(phone, link)
    assert ask(client).get_json() == {
        **issued,
        "state": "session_written",
        "opened_at": "2027-01-15T08:00:07.000Z",
        "session_written_at": "2027-01-15T08:00:07.000Z",
    }
    [quote_in_shop] = [q for q in shop.state.quotes.by_number.values() if q.lines]
    shop.place_order(f"guest-carts/{shop.state.quotes.ensure_masked_id(quote_in_shop)}")
    phone.post("/web-checkout/orders", headers={"Origin": shop.url})
    ordered = ask(client).get_json()
    assert ordered["state"] == "ordered"
    assert ordered["orders"] == [
        {
            "number": "000000001",
            "state": "new",
            "total": 32.0,
            "subtotal": 22.0,
            "delivery": 10.0,
            "discount": 0.0,
            "credit": 0.0,
            "tax": 0.0,
            "currency": "GBP",
        }
    ]
    for secret in (link, link.removeprefix("/h/").partition(".")[0]):
        assert secret not in str(ordered)


def test_a_link_that_nobody_used_in_time_is_expired(
    client: FlaskClient, poq: Poq, clock: FakeClock
) -> None:
    poq.request_link()
    clock.advance(seconds=301)
    assert read_state(client) == "expired"


def test_a_link_whose_session_could_not_be_written_is_opened(
    client: FlaskClient, poq: Poq, phone: FlaskClient, shop: RunningShop, clock: FakeClock
) -> None:
    link = poq.request_link()
    phone.get(link)
    shop.sessions.rename(shop.sessions.with_name("away"))
    assert phone.post(link).status_code == 503
    assert read_state(client) == "opened"
    clock.advance(seconds=301)
    assert read_state(client) == "expired"


def test_a_quote_that_another_reference_takes_over_is_superseded(
    client: FlaskClient, poq: Poq, phone: FlaskClient, shop: RunningShop
) -> None:
    quote_id = shop.create_guest_quote(("ITEM-01", 1))
    answer = poq.transfer({"quote_id": quote_id, "reference": "r-1"})
    open_link(phone, get_link_path(answer))
    poq.transfer({"quote_id": quote_id, "reference": "r-2"})
    assert (read_state(client, "r-1"), read_state(client, "r-2")) == ("superseded", "issued")


def test_of_one_reference_only_the_newest_handoff_counts(
    client: FlaskClient, poq: Poq, phone: FlaskClient, clock: FakeClock
) -> None:
    open_link(phone, poq.request_link(("ITEM-01", 1)))
    clock.advance(seconds=1)
    poq.request_link(("ITEM-02", 1))
    assert read_state(client) == "issued"


REFUSED: list[tuple[dict[str, Any], str, list[str]]] = [
    (
        {"items": [{"sku": "ITEM-99", "quantity": 1}, {"sku": "ITEM-OOS", "quantity": 1}]},
        "lines_refused",
        ["ITEM-99", "ITEM-OOS"],
    ),
    ({"items": [{"sku": "ITEM-01", "quantity": 0}]}, "request_invalid", []),
    ({"items": [{"sku": "ITEM-01", "quantity": 1}], "currency": "XXX"}, "request_invalid", []),
    ({"quote_id": "a" * 32}, "quote_not_found", []),
]


@pytest.mark.parametrize(("body", "code", "skus"), REFUSED)
def test_a_refused_transfer_is_kept_for_30_days(
    client: FlaskClient,
    poq: Poq,
    clock: FakeClock,
    body: dict[str, Any],
    code: str,
    skus: list[str],
) -> None:
    given = body if "quote_id" in body else {"currency": "GBP", **body}
    assert poq.transfer({"reference": "r-1", **given}).get_json()["code"] == code
    described = ask(client).get_json()
    assert described["state"] == "refused"
    assert described["refusal"] == {
        "code": code,
        "skus": skus,
        "refused_at": "2027-01-15T08:00:00.000Z",
    }
    assert described["issued_at"] is None
    clock.advance(seconds=30 * 24 * 3600 - 1)
    assert read_state(client) == "refused"
    clock.advance(seconds=1)
    assert ask(client).status_code == 404


def test_the_last_thing_that_happened_decides_between_a_link_and_a_refusal(
    client: FlaskClient, poq: Poq, phone: FlaskClient, clock: FakeClock
) -> None:
    assert poq.transfer_bag(("ITEM-99", 1)).status_code == 422
    clock.advance(seconds=1)
    link = poq.request_link()
    assert read_state(client) == "issued"
    clock.advance(seconds=1)
    assert poq.transfer_bag(("ITEM-OOS", 1)).status_code == 422
    assert read_state(client) == "refused"
    clock.advance(seconds=1)
    assert poq.request_link() == link  # the same bag again renews its link
    assert read_state(client) == "issued"
    assert poq.transfer_bag(("ITEM-OOS", 1)).status_code == 422
    clock.advance(seconds=1)
    open_link(phone, link)
    assert read_state(client) == "session_written"


def test_a_problem_that_may_pass_is_no_refusal(
    client: FlaskClient, poq: Poq, shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop.state, "quotes", None)
    assert poq.transfer_bag(("ITEM-01", 1)).status_code == 503
    assert ask(client).status_code == 404


@pytest.mark.parametrize("transfer", [("ITEM-01", 1), ("ITEM-99", 1)])
def test_other_callers_and_unknown_references_get_404(
    client: FlaskClient, poq: Poq, transfer: tuple[str, int]
) -> None:
    poq.transfer_bag(transfer)
    assert ask(client, key=ROTATED_KEY).status_code == 200
    for answer in (ask(client, key=OTHER_KEY), ask(client, "r-2"), ask(client, "R-1")):
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
        assert "this reference" in answer.get_json()["detail"]
    for key in (None, "wrong"):
        assert ask(client, key=key).get_json()["code"] == "key_rejected"


@pytest.mark.parametrize("reference", ["a/b", "/", "//x", "é ü", "a?b#c", "..", "%2F", "-"])
def test_any_reference_can_be_asked_about(client: FlaskClient, poq: Poq, reference: str) -> None:
    poq.request_link(reference=reference)
    assert ask(client, reference).get_json()["reference"] == reference


def test_a_uuid_can_be_asked_about_in_each_of_its_spellings(client: FlaskClient, poq: Poq) -> None:
    poq.request_link(reference="9F1C2A5E-7D34-4C1B-8F0E-2F6D9F0C1A77")
    assert ask(client, "9f1c2a5e7d344c1b8f0e2f6d9f0c1a77").status_code == 200


def test_it_is_asked_for_with_get_only(app: Flask, client: FlaskClient) -> None:
    assert client.post("/api/handoffs/r-1", headers={"Authorization": KEY}).status_code == 405
    assert client.get("/api/handoffs/", headers={"Authorization": KEY}).status_code == 404

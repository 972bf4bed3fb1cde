"""Access to the shop's API, with one thing wrong at a time."""

from __future__ import annotations

import time
from typing import Any

import pytest
from handoff_sandbox.people import lab_people

from handoff.doctor import Verdict
from handoff.doctor.access.endpoints import ENDPOINTS
from tests.conftest import STORE
from tests.doctor.ailing import Ailment, answers, changes, denies
from tests.doctor.conftest import SHOPPER, Examine, Examined

ACCESS = ("access",)


def access(examined: Examine, *ailments: Ailment, **given: Any) -> Examined:
    return examined(*ailments, parts=ACCESS, **given)


def test_a_healthy_shop_has_no_findings(examined: Examine) -> None:
    healthy = access(examined)
    assert healthy.named("fault") + healthy.named("warning") == []
    assert "an hour" in healthy.finding("Customer's token").seen
    assert "Bags are built by GraphQL" in healthy.finding("Time to build a bag").seen


def test_every_endpoint_of_the_guide_is_asked(examined: Examine) -> None:
    healthy = access(examined)
    for endpoint in ENDPOINTS:
        assert healthy.finding(f"{endpoint.method} {endpoint.path}").verdict is Verdict.OK


def test_looking_makes_no_customer(examined: Examine) -> None:
    known = lab_people(time.time, websites=1).customers.by_name
    assert access(examined).shop.people.customers.by_name.keys() == known.keys()


TWO_FACTOR = {
    "message": "Please use the 2fa provider-specific endpoints to obtain a token.",
    "parameters": {"active_providers": ["google"]},
}
IN_GERMAN = {"message": "Bitte anders anmelden.", "parameters": {"active_providers": []}}


@pytest.mark.parametrize("said", [TWO_FACTOR, IN_GERMAN])
def test_two_factor_login_is_named_with_what_serves_instead(
    examined: Examine, said: dict[str, object]
) -> None:
    found = access(examined, answers("/integration/admin/token", said, 400))
    assert found.finding("Administrator").verdict is Verdict.FAULT
    assert "second factor" in found.finding("Administrator").seen
    assert "integration" in found.finding("Administrator").advice
    assert "enable_integration_as_bearer" in found.finding("Administrator").advice
    assert found.finding("GET /products").verdict is Verdict.UNKNOWN


def test_a_wrong_password_is_no_second_factor(examined: Examine) -> None:
    found = access(examined, magento_admin_password="wrong").finding("Administrator")
    assert found.verdict is Verdict.FAULT
    assert "not taken (401)" in found.seen


def test_an_access_token_that_is_refused_is_told_with_the_switch_for_it(examined: Examine) -> None:
    by_token = {
        "magento_admin_username": None,
        "magento_admin_password": None,
        "magento_access_token": "an-integrations-token",
    }
    found = access(examined, **by_token).finding("Administrator")
    assert found.verdict is Verdict.FAULT
    assert "enable_integration_as_bearer" in found.advice
    assert "an-integrations-token" not in str(found)


def test_no_administrator_is_a_warning(examined: Examine) -> None:
    found = access(examined, magento_admin_username=None, magento_admin_password=None)
    assert found.finding("Administrator").verdict is Verdict.WARNING
    assert found.finding("Store view default").verdict is Verdict.OK
    assert "only an administrator" in found.finding("Store view default").seen


def test_an_administrator_who_may_not_read_orders_is_told(examined: Examine) -> None:
    found = access(examined, denies("/orders")).finding("Right to read orders")
    assert found.verdict is Verdict.FAULT
    assert "Magento_Sales::actions_view" in found.advice


def test_a_right_that_an_endpoint_needs_is_named(examined: Examine) -> None:
    found = access(examined, denies("/categories/list")).finding("GET /categories/list")
    assert found.verdict is Verdict.FAULT
    assert "Catalog, Categories" in found.advice


def test_rest_that_is_redirected_is_told_with_the_address(examined: Examine) -> None:
    there = "https://shop.example/rest/default/V1/directory/currency"
    found = access(examined, answers("/directory/currency", "", 301, Location=there))
    assert found.finding("Address of REST").verdict is Verdict.FAULT
    assert "HANDOFF_MAGENTO_URL=https://shop.example" in found.finding("Address of REST").advice


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("<h1>Not found</h1>", 404, "not Magento's REST"),
        ("<h1>Login</h1>", 401, "asks for a login"),
        ("<h1>Maintenance</h1>", 503, "maintenance"),
        ({"message": "Specified request cannot be processed."}, 400, "no store view"),
    ],
)
def test_what_answers_in_place_of_rest_is_told(
    examined: Examine, body: object, status: int, words: str
) -> None:
    found = access(examined, answers("/directory/currency", body, status))
    assert found.finding("Address of REST").verdict is Verdict.FAULT
    assert words in found.finding("Address of REST").seen


@pytest.mark.parametrize(
    ("change", "name", "advice"),
    [
        ({"website_id": 7}, "Store view default", '"website_id": 1'),
        ({"website_code": "main"}, "Store view default", '"website_code": "base"'),
        ({"store_id": 4}, "Store view default", '"store_id": 1'),
        ({"currency": "EUR"}, "Currency of default", '"currency": "GBP"'),
    ],
)
def test_what_stores_say_wrongly_is_told_with_the_right_value(
    examined: Examine, change: dict[str, object], name: str, advice: str
) -> None:
    found = access(examined, stores=({**STORE, **change},)).finding(name)
    assert found.verdict is Verdict.FAULT
    assert advice in found.advice


def test_a_store_view_that_is_not_listed_is_a_warning(examined: Examine) -> None:
    german = {"id": 2, "code": "de", "website_id": 1, "is_active": 1}
    found = access(examined, changes("/store/storeViews", lambda rows: rows.append(german)))
    assert found.finding("Other store views").verdict is Verdict.WARNING
    assert ": de." in found.finding("Other store views").seen


def test_graphql_that_is_off_is_a_warning_with_what_it_costs(examined: Examine) -> None:
    found = access(examined, answers("/graphql", "<h1>Not found</h1>", 404))
    assert found.finding("GraphQL").verdict is Verdict.WARNING
    assert found.finding("Time to build a bag").verdict is Verdict.WARNING
    assert "no GraphQL" in found.finding("Time to build a bag").seen


def test_guest_checkout_that_is_off_is_told(examined: Examine) -> None:
    config = {"data": {"storeConfig": {"is_guest_checkout_enabled": False}}}
    found = access(examined, answers("/graphql", config))
    assert found.finding("Guest checkout").verdict is Verdict.FAULT


def test_a_customer_who_does_not_get_in_is_told(examined: Examine) -> None:
    refused = {"message": "The account sign-in was incorrect."}
    found = access(examined, answers("/integration/customer/token", refused, 401))
    assert found.finding("Customer's login").verdict is Verdict.FAULT
    assert SHOPPER.password not in str(found.report.as_json())

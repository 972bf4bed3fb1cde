"""The checks of access to the shop's API, with one thing wrong at a time."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Flask, Request
from handoff_sandbox.accounts import create_accounts
from handoff_sandbox.oauth_integration import ShopIntegration

from handoff.doctor.check_result import Severity
from handoff.doctor.checks import checkout
from handoff.doctor.checks.poq_endpoints import POQ_ENDPOINTS
from tests.conftest import STORE
from tests.doctor.conftest import SHOPPER, DoctorRun, RunDoctor
from tests.doctor.modified_shop import (
    Modification,
    answer_before,
    answer_path,
    change_json,
    deny_path,
)


def check_access(run_doctor: RunDoctor, *modifications: Modification, **given: Any) -> DoctorRun:
    return run_doctor(*modifications, parts=("access",), **given)


def test_a_good_shop_has_no_findings(run_doctor: RunDoctor) -> None:
    run = check_access(run_doctor)
    assert run.names_with("fault") + run.names_with("warning") == []
    assert "an hour" in run.find("Customer's token").seen
    assert "Bags are built by GraphQL" in run.find("Time to build a bag").seen


def test_every_endpoint_of_the_guide_is_called(run_doctor: RunDoctor) -> None:
    run = check_access(run_doctor)
    for endpoint in POQ_ENDPOINTS:
        assert run.find(endpoint.name).severity is Severity.OK


def test_no_customer_is_created(run_doctor: RunDoctor) -> None:
    known = create_accounts(time.time, websites=1).customers.by_name
    assert check_access(run_doctor).shop.accounts.customers.by_name.keys() == known.keys()


TWO_FACTOR = {
    "message": "Please use the 2fa provider-specific endpoints to obtain a token.",
    "parameters": {"active_providers": ["google"]},
}
IN_GERMAN = {"message": "Bitte anders anmelden.", "parameters": {"active_providers": []}}


@pytest.mark.parametrize("answer", [TWO_FACTOR, IN_GERMAN])
def test_two_factor_login_is_reported_with_the_alternative(
    run_doctor: RunDoctor, answer: dict[str, object]
) -> None:
    found = check_access(run_doctor, answer_path("/integration/admin/token", answer, 400))
    assert found.find("Administrator").severity is Severity.FAULT
    assert "second factor" in found.find("Administrator").seen
    assert "integration" in found.find("Administrator").advice
    assert "OAuth 1.0a" in found.find("Administrator").advice
    assert found.find("GET /products").severity is Severity.UNKNOWN


def test_a_wrong_password_is_no_second_factor(run_doctor: RunDoctor) -> None:
    found = check_access(run_doctor, magento_admin_password="wrong").find("Administrator")
    assert found.severity is Severity.FAULT
    assert "refuses the login (401)" in found.seen


def test_a_refused_access_token_is_reported_with_the_setting_for_it(run_doctor: RunDoctor) -> None:
    by_token = {
        "magento_admin_username": None,
        "magento_admin_password": None,
        "magento_access_token": "an-integrations-token",
    }
    found = check_access(run_doctor, **by_token).find("Administrator")
    assert found.severity is Severity.FAULT
    assert "enable_integration_as_bearer" in found.advice
    assert "an-integrations-token" not in str(found)


def build_integration(integration: ShopIntegration) -> dict[str, Any]:
    """Return settings with the values of an integration in place of the login."""
    return {
        "magento_admin_username": None,
        "magento_admin_password": None,
        "magento_consumer_key": integration.consumer_key,
        "magento_consumer_secret": integration.consumer_secret,
        "magento_access_token": integration.token,
        "magento_access_token_secret": integration.token_secret,
    }


@pytest.mark.parametrize(("accepts", "also"), [(False, "It refuses"), (True, "It also accepts")])
def test_signed_calls_are_accepted_and_the_bearer_is_tried(
    run_doctor: RunDoctor, accepts: bool, also: str
) -> None:
    def allow_bearer(app: Flask) -> None:
        app.extensions["sandbox"].integration.accepts_bearer = accepts

    values = build_integration(ShopIntegration(time.time))
    found = check_access(run_doctor, allow_bearer, **values)
    assert found.find("Administrator").severity is Severity.OK
    assert "signed by OAuth 1.0a" in found.find("Administrator").seen
    assert also in found.find("Administrator").seen
    assert found.find("Right to read orders").severity is Severity.OK


def test_refused_signatures_are_explained_with_the_address_that_is_signed(
    run_doctor: RunDoctor,
) -> None:
    values = build_integration(ShopIntegration(time.time)) | {"magento_consumer_secret": "x" * 32}
    found = check_access(run_doctor, **values).find("Administrator")
    assert found.severity is Severity.FAULT
    assert "The signature is invalid" in found.seen
    assert "http://127.0.0.1:" in found.advice
    assert "x" * 32 not in str(found)


def test_a_port_that_php_does_not_see_is_found_as_the_reason_for_refused_signatures(
    run_doctor: RunDoctor,
) -> None:
    def remove_port(request: Request) -> None:
        request.environ["HTTP_HOST"] = request.host.partition(":")[0]

    values = build_integration(ShopIntegration(time.time))
    found = check_access(run_doctor, answer_before(remove_port), **values).find("Administrator")
    assert found.severity is Severity.FAULT
    assert "The signature is invalid" in found.seen
    assert "`HANDOFF_MAGENTO_HOST=127.0.0.1`" in found.advice
    cured = {**values, "magento_host": "127.0.0.1"}
    found = check_access(run_doctor, answer_before(remove_port), **cured).find("Administrator")
    assert found.severity is Severity.OK


def test_no_administrator_is_a_warning(run_doctor: RunDoctor) -> None:
    found = check_access(run_doctor, magento_admin_username=None, magento_admin_password=None)
    assert found.find("Administrator").severity is Severity.WARNING
    assert found.find("Store view default").severity is Severity.OK
    assert "needs an administrator" in found.find("Store view default").seen


def test_a_missing_right_to_orders_is_reported(run_doctor: RunDoctor) -> None:
    found = check_access(run_doctor, deny_path("/orders")).find("Right to read orders")
    assert found.severity is Severity.FAULT
    assert "Magento_Sales::actions_view" in found.advice


def test_a_missing_right_to_an_endpoint_is_named(run_doctor: RunDoctor) -> None:
    found = check_access(run_doctor, deny_path("/categories/list")).find("GET /categories/list")
    assert found.severity is Severity.FAULT
    assert "Catalog, Categories" in found.advice


def test_a_redirect_of_rest_is_reported_with_the_right_address(run_doctor: RunDoctor) -> None:
    there = "https://shop.example/rest/default/V1/directory/currency"
    found = check_access(run_doctor, answer_path("/directory/currency", "", 301, Location=there))
    assert found.find("Address of REST").severity is Severity.FAULT
    assert "HANDOFF_MAGENTO_URL=https://shop.example" in found.find("Address of REST").advice


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ("<h1>Not found</h1>", 404, "other than Magento's REST"),
        ("<h1>Login</h1>", 401, "requires a login"),
        ("<h1>Maintenance</h1>", 503, "maintenance"),
        ({"message": "Specified request cannot be processed."}, 400, "has no store view"),
    ],
)
def test_another_answer_than_that_of_rest_is_explained(
    run_doctor: RunDoctor, body: object, status: int, text: str
) -> None:
    found = check_access(run_doctor, answer_path("/directory/currency", body, status))
    assert found.find("Address of REST").severity is Severity.FAULT
    assert text in found.find("Address of REST").seen


@pytest.mark.parametrize(
    ("change", "name", "advice"),
    [
        ({"website_id": 7}, "Store view default", '"website_id": 1'),
        ({"website_code": "main"}, "Store view default", '"website_code": "base"'),
        ({"store_id": 4}, "Store view default", '"store_id": 1'),
        ({"currency": "EUR"}, "Currency of default", '"currency": "GBP"'),
    ],
)
def test_a_wrong_store_view_setting_is_reported_with_the_right_value(
    run_doctor: RunDoctor, change: dict[str, object], name: str, advice: str
) -> None:
    found = check_access(run_doctor, stores=({**STORE, **change},)).find(name)
    assert found.severity is Severity.FAULT
    assert advice in found.advice


def test_an_unlisted_store_view_is_a_warning(run_doctor: RunDoctor) -> None:
    german = {"id": 2, "code": "de", "website_id": 1, "is_active": 1}
    found = check_access(
        run_doctor, change_json("/store/storeViews", lambda rows: rows.append(german))
    )
    assert found.find("Other store views").severity is Severity.WARNING
    assert ": de." in found.find("Other store views").seen


def test_missing_graphql_is_a_warning_with_its_cost(run_doctor: RunDoctor) -> None:
    found = check_access(run_doctor, answer_path("/graphql", "<h1>Not found</h1>", 404))
    assert found.find("GraphQL").severity is Severity.WARNING
    assert found.find("Time to build a bag").severity is Severity.WARNING
    assert "no GraphQL" in found.find("Time to build a bag").seen


@pytest.mark.parametrize(
    ("message", "seen"),
    [
        ('Cannot query field "itemsV2" on type "Cart".', "the field Cart.itemsV2"),
        ("Maximum pageSize is 10", "graphql/validation/maximum_page_size allows pages of 10"),
        ("The maximum depth is 3", "The maximum depth is 3"),
    ],
)
def test_a_graphql_that_refuses_a_document_is_a_warning_with_the_reason(
    run_doctor: RunDoctor, message: str, seen: str
) -> None:
    found = check_access(run_doctor, answer_path("/graphql", {"errors": [{"message": message}]}))
    assert found.find("GraphQL").severity is Severity.WARNING
    assert seen in found.find("GraphQL").seen


def test_graphql_without_a_product_for_the_cart_is_unknown(run_doctor: RunDoctor) -> None:
    found = check_access(run_doctor, options={"sku": "NO-SUCH-SKU"}).find("GraphQL")
    assert (found.severity, found.advice) == (
        Severity.UNKNOWN,
        "Name a simple product that is for sale: --sku.",
    )


def test_a_checkout_that_is_slower_than_the_preflight_waits_is_a_warning(
    run_doctor: RunDoctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout, "CHECKOUT_TIMEOUT", 0)
    found = check_access(run_doctor).find("Time of checkout")
    assert found.severity is Severity.WARNING
    assert "HANDOFF_CHECKOUT_PREFLIGHT=off" in found.advice
    results = check_access(run_doctor, checkout_preflight="off").report.results
    assert "Time of checkout" not in [result.name for result in results]


def test_the_graphql_of_each_version_is_named(run_doctor: RunDoctor) -> None:
    assert "2.4.7 or later" in check_access(run_doctor).find("GraphQL").seen


def test_a_limit_below_the_page_of_an_order_search_is_a_fault(run_doctor: RunDoctor) -> None:
    refused = {"message": "Maximum SearchCriteria pageSize is 20"}
    found = check_access(run_doctor, answer_path("/V1/orders", refused, 400))
    assert "webapi/validation/maximum_page_size" in found.find("Right to read orders").seen


def test_disabled_guest_checkout_is_reported(run_doctor: RunDoctor) -> None:
    config = {"data": {"storeConfig": {"is_guest_checkout_enabled": False}}}
    found = check_access(run_doctor, answer_path("/graphql", config))
    assert found.find("Guest checkout").severity is Severity.FAULT


def test_a_refused_customer_login_is_reported(run_doctor: RunDoctor) -> None:
    refused = {"message": "The account sign-in was incorrect."}
    found = check_access(run_doctor, answer_path("/integration/customer/token", refused, 401))
    assert found.find("Customer's login").severity is Severity.FAULT
    assert SHOPPER.password not in str(found.report.as_json())


def test_a_blocked_login_of_the_administrator_does_not_stop_other_checks(
    run_doctor: RunDoctor,
) -> None:
    blocked = answer_path("/integration/admin/token", "<h1>Forbidden</h1>", 403)
    found = check_access(run_doctor, blocked)
    assert "refuses the login (403)" in found.find("Administrator").seen
    assert found.find("GraphQL").severity is Severity.OK

"""The checks of the way back to the app, with one thing wrong at a time."""

from __future__ import annotations

import re

import pytest
from flask import Flask, Response, request

from handoff.doctor.check_result import Severity, split_commands
from handoff.doctor.content_security_policy import ContentSecurityPolicy
from tests.doctor.conftest import RunDoctor
from tests.doctor.modified_shop import Modification

SCRIPT, OTHER = "Script in checkout", "Script on other pages"
CHECKOUT, SUCCESS = "Policy of checkout", "Policy of the success page"


def remove_script(app: Flask) -> None:
    app.extensions["sandbox"].head_includes = '<script src="/handoff/other.js"></script>'


def send_policy(policy: str, path: str, *, report_only: bool = False) -> Modification:
    """Return what gives a page a policy."""

    def modify(app: Flask) -> None:
        @app.after_request
        def _add_policy(response: Response) -> Response:
            if request.path == path:
                suffix = "-Report-Only" if report_only else ""
                response.headers[f"Content-Security-Policy{suffix}"] = policy
            return response

    return modify


def test_a_missing_script_is_a_warning_with_the_tag_to_add(run_doctor: RunDoctor) -> None:
    run = run_doctor(remove_script)
    for name in (SCRIPT, OTHER):
        found = run.find(name)
        assert found.severity is Severity.WARNING
        [tag] = [text for is_command, text in split_commands(found.advice) if is_command]
        assert re.fullmatch('<script src="http://.+/web-checkout.js" defer></script>', tag)


@pytest.mark.parametrize(
    ("name", "path"), [(CHECKOUT, "/checkout/"), (SUCCESS, "/checkout/onepage/success/")]
)
@pytest.mark.parametrize("directive", ["script-src", "connect-src"])
def test_a_policy_that_blocks_the_script_is_a_fault(
    run_doctor: RunDoctor, name: str, path: str, directive: str
) -> None:
    found = run_doctor(send_policy(f"{directive} https://other.example", path)).find(name)
    assert found.severity is Severity.FAULT
    assert directive in found.seen
    assert "csp/policies/storefront" in found.advice


def test_a_policy_that_only_reports_is_no_fault(run_doctor: RunDoctor) -> None:
    policy = send_policy("default-src 'none'", "/checkout/", report_only=True)
    found = run_doctor(policy).find(CHECKOUT)
    assert found.severity is Severity.OK
    assert "only reports" in found.seen


def test_the_policy_has_to_allow_the_style_sheet_of_the_shop(run_doctor: RunDoctor) -> None:
    policy = send_policy("style-src 'self'", "/checkout/")
    assert run_doctor(policy, app_style="/media/app.css").find(CHECKOUT).severity is Severity.OK
    found = run_doctor(policy, app_style="https://cdn.example/app.css").find(CHECKOUT)
    assert found.severity is Severity.FAULT


def test_a_host_of_poq_that_does_not_answer_is_a_warning(run_doctor: RunDoctor) -> None:
    found = run_doctor(poq_assets_url="http://127.0.0.1:1").find("Poq's script")
    assert found.severity is Severity.WARNING


def test_without_an_administrator_the_app_learns_of_no_order(run_doctor: RunDoctor) -> None:
    no_login = {"magento_admin_username": "", "magento_admin_password": ""}
    run = run_doctor(parts=("access",), **no_login)
    found = run.find("Administrator")
    assert found.severity is Severity.WARNING
    assert "does not learn of orders" in found.seen


URL = "https://handoff.shop.test/x/web-checkout.js"


@pytest.mark.parametrize(
    ("policy", "is_allowed"),
    [
        ("", True),
        ("img-src 'none'", True),
        ("default-src 'none'", False),
        ("default-src 'self'", False),
        ("script-src *", True),
        ("script-src 'none'; default-src *", False),
        ("script-src https:", True),
        ("script-src http:", False),
        ("script-src handoff.shop.test", True),
        ("script-src HANDOFF.shop.test", True),
        ("script-src http://handoff.shop.test", True),
        ("script-src *.shop.test", True),
        ("script-src shop.test", False),
        ("script-src *.handoff.shop.test", False),
        ("script-src handoff.shop.test:443", True),
        ("script-src handoff.shop.test:*", True),
        ("script-src handoff.shop.test:8443", False),
        ("script-src handoff.shop.test/x/", True),
        ("script-src handoff.shop.test/y/", False),
        ("script-src 'nonce-abc' 'unsafe-inline'", False),
        ("script-src * 'strict-dynamic'", False),
        ("script-src *; script-src 'none'", True),
    ],
)
def test_a_policy_is_read_as_browsers_read_it(policy: str, is_allowed: bool) -> None:
    policies = ContentSecurityPolicy.parse_all(policy)
    page = "https://www.shop.test/checkout/"
    assert all(p.is_url_allowed("script-src", URL, page_url=page) for p in policies) is is_allowed


def test_self_is_the_origin_of_the_page() -> None:
    [policy] = ContentSecurityPolicy.parse_all("script-src 'self'")
    for page, is_allowed in (
        ("https://handoff.shop.test/checkout/", True),
        ("http://handoff.shop.test/checkout/", False),
        ("https://handoff.shop.test:8443/checkout/", False),
    ):
        assert policy.is_url_allowed("script-src", URL, page_url=page) is is_allowed

"""The checks of the way into checkout, with one thing wrong at a time."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, Request, Response
from handoff_sandbox.shop import SandboxShop

from handoff.doctor.check_result import Severity
from handoff.doctor.checks import service
from handoff.settings.caller_keys import CallerKey
from tests.conftest import STORE
from tests.doctor.conftest import RunDoctor
from tests.doctor.modified_shop import (
    answer_before,
    answer_path,
    change_cookies,
    change_header,
    run_modified_shop,
    set_rules,
)
from tests.running_servers import RedisServer, free_port


def test_a_good_shop_has_no_findings(run_doctor: RunDoctor) -> None:
    run = run_doctor(answer_path("/healthz", {"status": "ok"}))
    assert run.report.severity is Severity.OK, run.names_with("unknown")
    assert "ITEM-01" in run.find("Bag into checkout").seen


def test_only_empty_carts_stay_behind(run_doctor: RunDoctor) -> None:
    run = run_doctor()
    assert run.report.leftovers
    assert [quote.lines for quote in run.shop.quotes.by_number.values() if quote.lines] == []
    assert list(run.sessions.iterdir()) == []


@pytest.mark.processes
def test_sessions_that_stay_behind_are_counted(
    run_doctor: RunDoctor, redis_server: RedisServer
) -> None:
    leftovers = run_doctor(session_store=redis_server.url).report.leftovers
    counted = [text for text in leftovers if "left to expire" in text]
    assert [text.lstrip("0123456789") for text in counted] == [" guest sessions, left to expire"]


def test_a_wrong_website_is_reported_with_the_right_one(run_doctor: RunDoctor) -> None:
    store = {**STORE, "website_id": 7}
    found = run_doctor(stores=(store,)).find("Bag into checkout")
    assert found.severity is Severity.FAULT
    assert "no quote for website 7" in found.seen
    assert '"website_id": 1' in found.advice


def test_an_unread_session_is_a_fault(run_doctor: RunDoctor, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    found = run_doctor(session_store=elsewhere.as_uri()).find("Bag into checkout")
    assert found.severity is Severity.FAULT
    assert "does not read the session" in found.seen
    assert "HANDOFF_SESSION_STORE" in found.advice
    assert "valkey" not in found.advice


@pytest.mark.processes
def test_an_unread_session_in_redis_may_be_the_valkey_of_magento_2_4_9(
    run_doctor: RunDoctor, redis_server: RedisServer
) -> None:
    found = run_doctor(session_store=redis_server.url).find("Bag into checkout")
    assert "does not read the session" in found.seen
    assert "save => valkey" in found.advice


def test_disabled_guest_checkout_is_reported_with_the_shops_message(run_doctor: RunDoctor) -> None:
    found = run_doctor(set_rules(guest_checkout=False)).find("Bag into checkout")
    assert found.severity is Severity.FAULT
    assert "Guest checkout is switched off" in found.seen
    assert "The shop says: Guest checkout is disabled." in found.seen


def test_a_bag_below_the_minimum_is_not_taken_for_a_wrong_website(run_doctor: RunDoctor) -> None:
    found = run_doctor(set_rules(minimum=Decimal(500))).find("Bag into checkout")
    assert found.severity is Severity.FAULT
    assert "Guest checkout is allowed, but checkout redirects" in found.seen
    assert "Minimum Order Amount" in found.advice


def test_a_wrong_website_code_is_found_by_the_customers_session(
    run_doctor: RunDoctor,
) -> None:
    store = {**STORE, "website_code": "main"}
    found = run_doctor(stores=(store,)).find("Customer's session")
    assert found.severity is Severity.FAULT
    assert "website_code" in found.advice


def test_a_wrong_setting_of_account_sharing_is_reported(run_doctor: RunDoctor) -> None:
    found = run_doctor(customer_accounts="global").find("Customer's session")
    assert found.severity is Severity.FAULT
    assert "HANDOFF_CUSTOMER_ACCOUNTS=website" in found.advice


def test_a_pause_is_a_warning(run_doctor: RunDoctor) -> None:
    to_act_on = run_doctor(paused=True).report.results_to_act_on
    [found] = [result for result in to_act_on if result.name == "Settings"]
    assert "HANDOFF_PAUSED" in found.seen


def test_a_wrong_checkout_path_is_reported(run_doctor: RunDoctor) -> None:
    found = run_doctor(checkout_path="/onestep/").find("Bag into checkout")
    assert found.severity is Severity.FAULT
    assert "no page at" in found.seen
    assert "HANDOFF_CHECKOUT_PATH" in found.advice


def _fail_with_session(request: Request) -> Response | None:
    is_page = not request.path.startswith(("/rest/", "/graphql"))
    has_session = is_page and "PHPSESSID" in request.cookies
    return Response("<h1>Error</h1>", 500, content_type="text/html") if has_session else None


def test_sessions_that_php_cannot_read_are_reported(run_doctor: RunDoctor) -> None:
    found = run_doctor(answer_before(_fail_with_session)).find("Bag into checkout")
    assert found.severity is Severity.FAULT
    assert "works without it" in found.seen
    assert "session.serialize_handler" in found.advice
    assert "as PHP's user" in found.advice


@pytest.mark.parametrize(
    ("set_here", "right"), [("php", "php_serialize"), ("php_serialize", "php")]
)
def test_the_right_serializer_is_found_by_trial(
    run_doctor: RunDoctor, set_here: str, right: str
) -> None:
    def use_serializer(app: Flask) -> None:
        shop: SandboxShop = app.extensions["sandbox"]
        shop.sessions = replace(shop.sessions, serializer=right)

    found = run_doctor(use_serializer, session_serializer=set_here).find("Bag into checkout")
    assert found.severity is Severity.FAULT
    assert found.seen == f"The shop's PHP keeps sessions in the format {right}."
    assert found.advice == f"Set HANDOFF_SESSION_SERIALIZER={right}."
    good = run_doctor(use_serializer, session_serializer=right).find("Bag into checkout")
    assert good.severity is Severity.OK


def test_a_checkout_that_fails_for_everybody_does_not_blame_the_session(
    run_doctor: RunDoctor,
) -> None:
    found = run_doctor(answer_path("/checkout/", "<h1>Error</h1>", 500)).find("Bag into checkout")
    assert found.severity is Severity.FAULT
    assert "without it" in found.seen
    assert "var/log" in found.advice


def test_a_shop_that_adds_nothing_to_a_guest_cart_is_unknown(run_doctor: RunDoctor) -> None:
    refused = {"message": "Product that you are trying to add is not available."}
    found = run_doctor(answer_path("/items", refused, 400)).find("Bag into checkout")
    assert found.severity is Severity.UNKNOWN
    assert "is not available" in found.seen


def _redirect_to_another_host(request: Request) -> Response | None:
    host, _, port = request.host.partition(":")
    if request.path != "/checkout/" or host == "localhost":
        return None
    return Response(status=302, headers={"Location": f"http://localhost:{port}/checkout/"})


def test_a_redirect_that_browsers_do_not_follow_is_a_fault(run_doctor: RunDoctor) -> None:
    found = run_doctor(answer_before(_redirect_to_another_host)).find("Redirects of checkout")
    assert found.severity is Severity.FAULT
    assert "HANDOFF_CHECKOUT_HOSTS=localhost:" in found.advice


def test_a_redirect_to_a_host_that_does_not_answer_is_a_fault(run_doctor: RunDoctor) -> None:
    there = f"http://127.0.0.1:{free_port()}/checkout/"
    found = run_doctor(answer_path("/checkout/", "", 302, Location=there))
    assert found.find("Bag into checkout").severity is Severity.FAULT
    assert there in found.find("Bag into checkout").seen
    assert "HANDOFF_CHECKOUT_HOSTS" in found.find("Redirects of checkout").advice


@pytest.mark.parametrize(
    ("said", "instead", "name", "verdict", "advice"),
    [
        ("domain=127.0.0.1", "domain=.shop.example", "Cookie's domain", "fault", "=shop.example"),
        ("; domain=127.0.0.1", "", "Cookie's domain", "fault", "cookie domain in Magento"),
        ("path=/;", "path=/uk;", "Cookie's path", "fault", "COOKIE_PATH=/uk"),
        ("Max-Age=3600", "Max-Age=86400", "Cookie's lifetime", "warning", "LIFETIME=86400"),
        ("SameSite=Lax", "SameSite=Strict", "Cookie's SameSite", "warning", "SAMESITE=Strict"),
        ("PHPSESSID=", "SHOPSESS=", "Cookie's name", "fault", "HANDOFF_SESSION_COOKIE_NAME"),
    ],
)
def test_a_cookie_that_differs_from_the_settings_is_reported(
    run_doctor: RunDoctor, said: str, instead: str, name: str, verdict: str, advice: str
) -> None:
    found = run_doctor(change_cookies(said, instead)).find(name)
    assert found.severity == verdict
    assert advice in found.advice


def test_headers_that_exceed_the_buffer_of_nginx_are_a_warning(run_doctor: RunDoctor) -> None:
    assert run_doctor().find("Headers of our answer").severity is Severity.OK
    hosts = tuple(f"payment-provider-{number}.example" for number in range(80))
    found = run_doctor(checkout_hosts=hosts).find("Headers of our answer")
    assert found.severity is Severity.WARNING
    assert "4,096" in found.seen
    assert "proxy_buffer_size" in found.advice


def test_a_shared_cookie_domain_is_a_warning(run_doctor: RunDoctor) -> None:
    found = run_doctor(
        public_url="http://handoff.shop.example",
        storefront_url="http://www.shop.example",
        session_cookie_domain=".shop.example",
    )
    assert found.find("Who shares the cookie").severity is Severity.WARNING
    assert "Every host of shop.example" in found.find("Who shares the cookie").seen
    assert found.find("Host of the service").severity is Severity.WARNING


def test_a_storefront_that_cannot_be_reached_is_checked_by_the_internal_url(
    run_doctor: RunDoctor,
) -> None:
    found = run_doctor(
        change_cookies("domain=127.0.0.1", "domain=www.shop.example"),
        public_url="http://www.shop.example/handoff",
        storefront_url="http://www.shop.example",
    )
    assert found.find("Cookie's domain").severity is Severity.OK
    assert found.find("Bag into checkout").severity is Severity.OK
    assert "www.shop.example" in found.find("Cookie's domain").seen


def _advance_our_clock(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    turned = SimpleNamespace(time=lambda: time.time() + seconds)
    monkeypatch.setattr(service, "time", turned)


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(-300, "fault"), (300, "fault"), (-60, "warning"), (60, "warning")]
)
def test_a_wrong_clock_is_reported(
    run_doctor: RunDoctor, monkeypatch: pytest.MonkeyPatch, seconds: int, verdict: str
) -> None:
    _advance_our_clock(monkeypatch, seconds)
    found = run_doctor().find("Clock")
    assert found.severity == verdict
    assert ("ahead of" if seconds > 0 else "behind") in found.seen


def test_a_cached_answer_is_not_taken_for_a_wrong_clock(
    run_doctor: RunDoctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    _advance_our_clock(monkeypatch, 300)
    found = run_doctor(change_header("Age", lambda _: "300")).find("Clock")
    assert found.severity is Severity.OK


def test_another_service_at_our_address_is_a_fault(run_doctor: RunDoctor) -> None:
    found = run_doctor().find("Service")
    assert found.severity is Severity.FAULT
    assert "Something else answers" in found.seen
    assert "`include /etc/handoff/nginx.conf;`" in found.advice


@pytest.mark.parametrize(
    ("given", "name", "verdict"),
    [
        ({"api_keys": (CallerKey.parse("demo-key-of-no-shop"),)}, "Poq's keys", "ok"),
        ({"secret_key": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, "Secret that signs links", "fault"),
        ({"secret_key": "0123456789abcdefgh"}, "Secret that signs links", "warning"),
        (
            {"api_keys": (CallerKey.parse("one-and-the-same-key-for-both-uses"),)}
            | {"secret_key": "one-and-the-same-key-for-both-uses"},
            "Secret that signs links",
            "fault",
        ),
    ],
)
def test_keys_are_checked(
    run_doctor: RunDoctor, given: dict[str, object], name: str, verdict: str
) -> None:
    assert run_doctor(**given).find(name).severity == verdict


def test_a_key_of_an_example_is_a_fault_on_a_public_host(run_doctor: RunDoctor) -> None:
    found = run_doctor(
        api_keys=(CallerKey.parse("demo-key-of-no-shop"),),
        public_url="http://www.shop.example/handoff",
        storefront_url="http://www.shop.example",
    )
    assert found.find("Poq's keys").severity is Severity.FAULT


def test_results_name_the_store_view_if_there_are_several(run_doctor: RunDoctor) -> None:
    euro = {**STORE, "code": "euro", "currency": "EUR", "store_id": 2}
    names = [result.name for result in run_doctor(stores=(STORE, euro)).report.results]
    assert {"Bag into checkout (default)", "Bag into checkout (euro)"} <= set(names)
    # Both store views have one address, so its cookie is checked once.
    assert [name for name in names if name.startswith("Cookie's name")] == [
        "Cookie's name (default)"
    ]


def test_a_logo_that_does_not_load_is_a_warning(run_doctor: RunDoctor) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/logo.svg"
    found = run_doctor(shop_logo_url=nowhere).find("Shop's logo")
    assert found.severity is Severity.WARNING
    assert nowhere in found.seen
    assert "HANDOFF_SHOP_LOGO_URL" in found.advice


def test_a_logo_has_to_be_a_picture(run_doctor: RunDoctor, tmp_path: Path) -> None:
    with run_modified_shop(tmp_path / "other") as (other, _):
        found = run_doctor(shop_logo_dark_url=f"{other}/checkout/cart/").find("Shop's logo")
    assert found.severity is Severity.WARNING
    assert "HANDOFF_SHOP_LOGO_DARK_URL" in found.advice


def test_a_shop_without_a_logo_has_no_check_of_it(run_doctor: RunDoctor) -> None:
    names = [result.name for result in run_doctor().report.results]
    assert "Shop's logo" not in names

"""The way in, with one thing wrong at a time."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Request, Response

from handoff.doctor import Verdict
from handoff.doctor.way_in import clock
from tests.conftest import STORE
from tests.doctor.ailing import answers, cookie_says, instead, rewrites, ruled
from tests.doctor.conftest import Examine
from tests.running import free_port


def test_a_healthy_way_in_has_no_findings(examined: Examine) -> None:
    healthy = examined(answers("/healthz", {"status": "ok"}))
    assert healthy.report.verdict is Verdict.OK, healthy.named("unknown")
    assert "ITEM-01" in healthy.finding("Bag into checkout").seen


def test_nothing_stays_behind_but_empty_carts(examined: Examine) -> None:
    healthy = examined()
    assert healthy.report.left
    assert [quote.lines for quote in healthy.shop.quotes.by_number.values() if quote.lines] == []
    assert list(healthy.sessions.iterdir()) == []


def test_a_wrong_website_is_told_with_the_right_one(examined: Examine) -> None:
    store = {**STORE, "website_id": 7}
    found = examined(stores=(store,)).finding("Bag into checkout")
    assert found.verdict is Verdict.FAULT
    assert "no quote for website 7" in found.seen
    assert '"website_id": 1' in found.advice


def test_a_session_that_the_shop_does_not_read_is_told(examined: Examine, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    found = examined(session_store=elsewhere.as_uri()).finding("Bag into checkout")
    assert found.verdict is Verdict.FAULT
    assert "does not read the session" in found.seen
    assert "HANDOFF_SESSION_STORE" in found.advice


def test_guest_checkout_that_is_off_is_told_in_the_shops_words(examined: Examine) -> None:
    found = examined(ruled(guest_checkout=False)).finding("Bag into checkout")
    assert found.verdict is Verdict.FAULT
    assert "Guest checkout is switched off" in found.seen
    assert "The shop says: Guest checkout is disabled." in found.seen


def test_a_bag_below_the_minimum_is_no_wrong_website(examined: Examine) -> None:
    found = examined(ruled(minimum=Decimal(500))).finding("Bag into checkout")
    assert found.verdict is Verdict.FAULT
    assert "guest checkout is allowed" in found.seen
    assert "Minimum Order Amount" in found.advice


def test_a_website_code_that_is_wrong_is_found_by_the_customers_session(examined: Examine) -> None:
    store = {**STORE, "website_code": "main"}
    found = examined(stores=(store,)).finding("Customer's session")
    assert found.verdict is Verdict.FAULT
    assert "website_code" in found.advice


def test_shared_accounts_that_are_not_shared_are_told(examined: Examine) -> None:
    found = examined(customer_accounts="global").finding("Customer's session")
    assert found.verdict is Verdict.FAULT
    assert "HANDOFF_CUSTOMER_ACCOUNTS=website" in found.advice


def test_a_pause_is_not_forgotten(examined: Examine) -> None:
    found = [one for one in examined(paused=True).report.to_do if one.name == "Settings"]
    assert ["HANDOFF_PAUSED" in one.seen for one in found] == [True]


def test_a_checkout_elsewhere_is_told(examined: Examine) -> None:
    found = examined(checkout_path="/onestep/").finding("Bag into checkout")
    assert found.verdict is Verdict.FAULT
    assert "nothing at" in found.seen
    assert "HANDOFF_CHECKOUT_PATH" in found.advice


def test_session_files_that_php_refuses_are_told(examined: Examine) -> None:
    found = examined(answers("/checkout/", "<h1>Error</h1>", 500)).finding("Bag into checkout")
    assert found.verdict is Verdict.FAULT
    assert "as that user" in found.advice


def test_a_shop_that_sells_nothing_to_guests_is_unknown_territory(examined: Examine) -> None:
    refused = {"message": "Product that you are trying to add is not available."}
    found = examined(answers("/items", refused, 400)).finding("Bag into checkout")
    assert found.verdict is Verdict.UNKNOWN
    assert "is not available" in found.seen


def _to_another_host(request: Request) -> Response | None:
    host, _, port = request.host.partition(":")
    if request.path != "/checkout/" or host == "localhost":
        return None
    return Response(status=302, headers={"Location": f"http://localhost:{port}/checkout/"})


def test_a_redirect_that_browsers_do_not_follow_is_named(examined: Examine) -> None:
    found = examined(instead(_to_another_host)).finding("Redirects of checkout")
    assert found.verdict is Verdict.FAULT
    assert "HANDOFF_CHECKOUT_HOSTS=localhost:" in found.advice


def test_a_redirect_to_where_nobody_answers_is_told(examined: Examine) -> None:
    there = f"http://127.0.0.1:{free_port()}/checkout/"
    found = examined(answers("/checkout/", "", 302, Location=there))
    assert found.finding("Bag into checkout").verdict is Verdict.FAULT
    assert there in found.finding("Bag into checkout").seen
    assert "HANDOFF_CHECKOUT_HOSTS" in found.finding("Redirects of checkout").advice


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
def test_a_cookie_that_is_not_as_the_settings_have_it_is_told(
    examined: Examine, said: str, instead: str, name: str, verdict: str, advice: str
) -> None:
    found = examined(cookie_says(said, instead)).finding(name)
    assert found.verdict == verdict
    assert advice in found.advice


def test_a_shared_cookie_domain_is_told_to_be_shared(examined: Examine) -> None:
    found = examined(
        public_url="http://handoff.shop.example",
        storefront_url="http://www.shop.example",
        session_cookie_domain=".shop.example",
    )
    assert found.finding("Who shares the cookie").verdict is Verdict.WARNING
    assert "Every host of shop.example" in found.finding("Who shares the cookie").seen
    assert found.finding("Host of the service").verdict is Verdict.WARNING


def test_a_storefront_that_is_not_reached_from_here_is_looked_at_from_inside(
    examined: Examine,
) -> None:
    found = examined(
        cookie_says("domain=127.0.0.1", "domain=www.shop.example"),
        public_url="http://www.shop.example/handoff",
        storefront_url="http://www.shop.example",
    )
    assert found.finding("Cookie's domain").verdict is Verdict.OK
    assert found.finding("Bag into checkout").verdict is Verdict.OK
    assert "www.shop.example" in found.finding("Cookie's domain").seen


def _turn_our_clock(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    turned = SimpleNamespace(time=lambda: time.time() + seconds)
    monkeypatch.setattr(clock, "time", turned)


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(-300, "fault"), (300, "fault"), (-60, "warning"), (60, "warning")]
)
def test_a_clock_that_is_off_is_told(
    examined: Examine, monkeypatch: pytest.MonkeyPatch, seconds: int, verdict: str
) -> None:
    _turn_our_clock(monkeypatch, seconds)
    found = examined().finding("Clock")
    assert found.verdict == verdict
    assert ("ahead of" if seconds > 0 else "behind") in found.seen


def test_an_old_answer_out_of_a_cache_is_no_wrong_clock(
    examined: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _turn_our_clock(monkeypatch, 300)
    found = examined(rewrites("Age", lambda _: "300")).finding("Clock")
    assert found.verdict is Verdict.OK


def test_something_else_at_our_address_is_told(examined: Examine) -> None:
    found = examined().finding("Service")
    assert found.verdict is Verdict.FAULT
    assert "Something else answers" in found.seen


@pytest.mark.parametrize(
    ("given", "name", "verdict"),
    [
        ({"api_keys": ("short-key",)}, "Poq's keys", "warning"),
        ({"api_keys": ("demo-key",)}, "Poq's keys", "ok"),
        ({"secret_key": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, "Secret that signs links", "fault"),
        ({"secret_key": "0123456789abcdefgh"}, "Secret that signs links", "warning"),
        (
            {"api_keys": ("one-and-the-same-key-for-both-uses",)}
            | {"secret_key": "one-and-the-same-key-for-both-uses"},
            "Secret that signs links",
            "fault",
        ),
    ],
)
def test_keys_are_judged(
    examined: Examine, given: dict[str, object], name: str, verdict: str
) -> None:
    assert examined(**given).finding(name).verdict == verdict


def test_an_examples_key_is_a_fault_anywhere_but_here(examined: Examine) -> None:
    found = examined(
        api_keys=("demo-key",),
        public_url="http://www.shop.example/handoff",
        storefront_url="http://www.shop.example",
    )
    assert found.finding("Poq's keys").verdict is Verdict.FAULT

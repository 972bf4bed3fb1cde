"""Signing in to the ops pages: the password, its tries, the session and its cookie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from handoff.ledger.ops_sign_in_tries import TryLimit
from handoff.operations.ops_pages import sign_in_views
from handoff.operations.ops_pages.ops_sessions import SESSION_LIFETIME
from handoff.operations.ops_pages.sign_in_views import TRIES_PER_ADDRESS, TRIES_WITHOUT_ADDRESS
from handoff.problems import LedgerUnavailable
from tests.conftest import FakeClock
from tests.logs import CapturedLog
from tests.operations.ops_pages.conftest import PASSWORD, MakeOpsApp, sign_in
from tests.reconciliation.scenario import Scenario

OPS_URL = "https://ops.shop.example"
ON_OPS_HOST = {"base_url": OPS_URL}


def is_signed_in(client: FlaskClient, **options: Any) -> bool:
    answer = client.get("/ops/", **options)
    assert answer.status_code in (200, 303)
    return bool(answer.status_code == 200)


def read_cookie(answer: Any) -> tuple[str, str, dict[str, Any]]:
    """Return name, value and attributes of the one cookie that an answer sets."""
    [header] = answer.headers.getlist("Set-Cookie")
    [(name, morsel)] = SimpleCookie(header).items()
    return name, morsel.value, {key: value for key, value in morsel.items() if value}


def test_every_page_needs_a_session(ops: FlaskClient) -> None:
    for path in ("/", "/ops", "/ops/", "/ops/?q=r"):
        answer = ops.get(path)
        assert answer.status_code == 303
        assert answer.location.startswith("/ops/login")
    compare = ops.post(f"/ops/compare/{'A' * 22}")
    assert (compare.status_code, compare.location) == (303, "/ops/login")


def test_a_search_goes_on_after_signing_in(ops: FlaskClient) -> None:
    form = ops.get(ops.get("/ops/", query_string={"q": "a&b=1"}).location)
    assert 'name="q" value="a&amp;b=1"' in form.text
    assert sign_in(ops, query="a&b=1").location == "/ops/?q=a%26b%3D1"
    assert ops.get("/ops/login?q=x").location == "/ops/?q=x"


@pytest.mark.parametrize(
    "password", ["", PASSWORD.upper(), PASSWORD[:-1], f"{PASSWORD} ", "\x00", "é" * 500]
)
def test_a_wrong_password_is_refused(ops: FlaskClient, password: str) -> None:
    answer = sign_in(ops, password)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert not is_signed_in(ops)


def test_the_cookie_on_this_machine_is_strict_and_only_for_the_pages(ops: FlaskClient) -> None:
    name, _, attributes = read_cookie(sign_in(ops))
    assert name == "handoff_ops"
    assert attributes == {
        "path": "/ops/",
        "samesite": "Strict",
        "httponly": True,
        "max-age": str(SESSION_LIFETIME),
        "expires": attributes["expires"],
    }


def test_the_cookie_over_https_is_one_that_no_other_host_can_set(make_ops_app: MakeOpsApp) -> None:
    client = make_ops_app(ops_url=OPS_URL).test_client()
    name, value, attributes = read_cookie(sign_in(client, **ON_OPS_HOST))
    assert name == "__Host-handoff_ops"
    assert (attributes["path"], attributes["samesite"]) == ("/", "Strict")
    assert attributes["secure"]
    assert attributes["httponly"]
    assert "domain" not in attributes
    assert is_signed_in(client, **ON_OPS_HOST)
    # A host of the same domain can set a cookie without the prefix.
    other = make_ops_app(ops_url=OPS_URL).test_client()
    other.set_cookie("handoff_ops", value, domain="ops.shop.example")
    assert not is_signed_in(other, **ON_OPS_HOST)


def test_signing_in_makes_a_new_session(ops: FlaskClient) -> None:
    _, first, _ = read_cookie(sign_in(ops))
    _, second, _ = read_cookie(sign_in(ops))
    assert first != second
    planted = "planted-by-somebody"
    ops.set_cookie("handoff_ops", planted, path="/ops/")
    _, third, _ = read_cookie(sign_in(ops))
    assert third not in (first, second, planted)


def test_a_planted_cookie_neither_signs_in_nor_out(make_ops_app: MakeOpsApp) -> None:
    app = make_ops_app()
    _, value, _ = read_cookie(sign_in(app.test_client()))
    for planted in ("x", "", "a.b.c", f"{value}x", "é", "A" * 4000):
        anyone = app.test_client(use_cookies=False)
        header = f"handoff_ops={planted}"
        assert not is_signed_in(anyone, headers={"Cookie": header})
        assert is_signed_in(anyone, headers={"Cookie": f"{header}; handoff_ops={value}"})


def test_signing_out_ends_the_session_for_all_workers(make_ops_app: MakeOpsApp) -> None:
    first, second = make_ops_app().test_client(), make_ops_app().test_client()
    _, value, _ = read_cookie(sign_in(first))
    second.set_cookie("handoff_ops", value, path="/ops/")
    assert is_signed_in(second)
    left = first.post("/ops/logout")
    assert (left.status_code, left.location) == (303, "/ops/login")
    assert read_cookie(left)[1] == ""
    assert not is_signed_in(second)


def test_a_get_does_not_sign_out(desk: FlaskClient) -> None:
    assert desk.get("/ops/logout").status_code == 405
    assert is_signed_in(desk)


def test_a_new_password_or_secret_key_ends_all_sessions(make_ops_app: MakeOpsApp) -> None:
    _, value, _ = read_cookie(sign_in(make_ops_app().test_client()))
    for changes in (
        {"ops_password": SecretStr("another password")},
        {"secret_key": SecretStr("another secret key")},
    ):
        client = make_ops_app(**changes).test_client()
        client.set_cookie("handoff_ops", value, path="/ops/")
        assert not is_signed_in(client)


@pytest.mark.parametrize(("seconds", "is_valid"), [(-60, True), (60, False)])
def test_a_session_ends_after_eight_hours(
    ops: FlaskClient, monkeypatch: pytest.MonkeyPatch, seconds: int, is_valid: bool
) -> None:
    now = 1_800_000_000
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now)
    sign_in(ops)
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + SESSION_LIFETIME + seconds)
    assert is_signed_in(ops) == is_valid


def test_wrong_passwords_of_an_address_are_limited_for_all_workers(
    make_ops_app: MakeOpsApp, clock: FakeClock
) -> None:
    workers = [make_ops_app().test_client() for _ in range(3)]
    for number in range(TRIES_PER_ADDRESS.count):
        assert sign_in(workers[number % 3], "wrong").status_code == 403
    for worker in workers:
        refused = sign_in(worker)  # the right one
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= TRIES_PER_ADDRESS.seconds
        assert "Try again in 5 minutes." in refused.text
    clock.advance(seconds=TRIES_PER_ADDRESS.seconds)
    assert sign_in(workers[0]).status_code == 303


def test_tries_at_the_same_time_are_all_counted(make_ops_app: MakeOpsApp) -> None:
    apps = [make_ops_app() for _ in range(2)]

    def try_once(number: int) -> int:
        return int(sign_in(apps[number % 2].test_client(), "wrong").status_code)

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(try_once, range(24)))
    assert statuses.count(403) == TRIES_PER_ADDRESS.count
    assert statuses.count(429) == 24 - TRIES_PER_ADDRESS.count


def list_addresses(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {"environ_base": {"REMOTE_ADDR": f"10.1.{number // 250}.{number % 250}"}}


def test_wrong_passwords_of_a_hundred_addresses_keep_nobody_else_out(
    make_ops_app: MakeOpsApp,
) -> None:
    client = make_ops_app().test_client()
    for options in list_addresses(100):
        assert sign_in(client, "wrong", **options).status_code == 403
    assert sign_in(client, environ_base={"REMOTE_ADDR": "10.9.9.9"}).status_code == 303


def test_wrong_passwords_of_very_many_addresses_are_limited_together(
    make_ops_app: MakeOpsApp, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_views, "TRIES_IN_ALL", TryLimit(20, seconds=3600))
    client = make_ops_app().test_client()
    for options in list_addresses(20):
        assert sign_in(client, "wrong", **options).status_code == 403
    for seconds, status in ((0, 429), (3599, 429), (1, 303)):
        clock.advance(seconds=seconds)
        answer = sign_in(client, environ_base={"REMOTE_ADDR": "10.9.9.9"})
        assert answer.status_code == status


@pytest.mark.parametrize("address", ["", "unix:", "not-an-address"])
def test_callers_without_an_address_share_a_limit_and_keep_nobody_else_out(
    make_ops_app: MakeOpsApp, address: str
) -> None:
    client = make_ops_app().test_client()
    unknown: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": address}}
    for _ in range(TRIES_WITHOUT_ADDRESS.count):
        assert sign_in(client, "wrong", **unknown).status_code == 403
    assert sign_in(client, **unknown).status_code == 429
    assert sign_in(client, environ_base={"REMOTE_ADDR": "10.9.9.9"}).status_code == 303


def test_right_passwords_use_up_no_try(ops: FlaskClient) -> None:
    for _ in range(TRIES_PER_ADDRESS.count + 1):
        assert sign_in(ops).status_code == 303
    assert sign_in(ops, "wrong").status_code == 403


def test_another_address_can_sign_in_while_one_is_limited(ops: FlaskClient) -> None:
    for _ in range(TRIES_PER_ADDRESS.count + 1):
        sign_in(ops, "wrong")
    assert sign_in(ops, environ_base={"REMOTE_ADDR": "10.9.9.9"}).status_code == 303


def test_a_forwarded_address_is_only_believed_behind_a_proxy(make_ops_app: MakeOpsApp) -> None:
    client = make_ops_app(trusted_proxies=1).test_client()
    statuses = [
        sign_in(client, "wrong", headers={"X-Forwarded-For": f"10.0.0.{number}"}).status_code
        for number in range(TRIES_PER_ADDRESS.count + 1)
    ]
    assert statuses[-1] == 429
    behind = make_ops_app(trusted_proxies=1, ops_url=OPS_URL).test_client()
    headers = {"X-Forwarded-For": "10.0.0.99"}
    assert sign_in(behind, headers=headers, **ON_OPS_HOST).status_code == 303


def test_nobody_can_sign_in_without_the_ledger(
    ops: FlaskClient, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any, **_options: Any) -> None:
        raise LedgerUnavailable("down")

    monkeypatch.setattr(scenario.database, "write", fail)
    answer = sign_in(ops)
    assert answer.status_code == 503
    assert "The ledger cannot be used now." in answer.text


def test_signing_in_is_logged_without_the_password(
    ops: FlaskClient, captured_log: CapturedLog
) -> None:
    sign_in(ops, "wrong-secret")
    sign_in(ops)
    ops.post("/ops/logout")
    lines = {line["event"]: line for line in captured_log.read_lines()}
    refused = lines["ops_sign_in_refused"]
    assert (refused["reason"], refused["client"]) == ("wrong_password", "127.0.0.1")
    assert {"ops_signed_in", "ops_signed_out"} <= lines.keys()
    assert not re.search(f"wrong-secret|{PASSWORD}", str(lines))

"""A wrong administrator's password is tried once for all workers and hosts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pydantic import SecretStr

from tests.conftest import FakeClock, MakeApp, Poq
from tests.logs import CapturedLog
from tests.magento.faulty_shop import Call, FaultyShop, faulty_shop
from tests.magento.shop_behaviours import behaves_if, forwards_to, refuses
from tests.running_servers import RunningShop

LOGIN = "POST /rest/default/V1/integration/admin/token"
ASK = "GET /rest/default/V1/orders"
PASSWORD = "a wrong password"


@pytest.fixture
def between(shop: RunningShop) -> Iterator[FaultyShop]:
    """A shop in front of the stand-in shop, whose behaviour a test sets."""
    with faulty_shop(forwards_to(shop.url)) as between:
        yield between


@pytest.fixture
def make_worker(make_app: MakeApp, between: FaultyShop) -> MakeApp:
    """Return a function that starts a worker with a wrong password."""

    def make(**changes: Any) -> Flask:
        login = {
            "magento_admin_username": "admin",
            "magento_admin_password": SecretStr(PASSWORD),
            "magento_url": between.url,
            "checkout_preflight": "off",
        }
        return make_app(**{**login, **changes})

    return make


def open_used_link(app: Flask) -> str:
    """Use a link, and open it in another web view, so that the worker looks for an order."""
    link, phone = Poq(app.test_client()).request_link(), app.test_client()
    assert phone.get(link).status_code == 200
    assert phone.post(link).status_code == 303
    return app.test_client().get(link).text


def count_logins(between: FaultyShop) -> int:
    return between.paths().count(LOGIN)


def test_two_workers_and_a_restart_of_one_try_a_wrong_password_once(
    make_worker: MakeApp, between: FaultyShop, captured_log: CapturedLog
) -> None:
    workers = [make_worker(), make_worker()]
    for worker in workers * 3:
        assert "This link has already been used" in open_used_link(worker)
    assert count_logins(between) == 1
    [refused] = captured_log.read_lines("admin_login_refused")
    assert (refused["status"], refused["seconds"]) == (401, 2100)
    assert PASSWORD not in str(refused)


def test_readiness_says_that_the_login_is_refused(make_worker: MakeApp) -> None:
    worker = make_worker()
    assert worker.test_client().get("/readyz").get_json()["admin_login"] == "ok"
    other = make_worker()
    open_used_link(worker)
    answer = other.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "ok")
    assert answer.get_json()["admin_login"] == "refused"


def test_readiness_says_nothing_about_a_login_that_the_settings_do_not_have(
    make_app: MakeApp,
) -> None:
    assert "admin_login" not in make_app().test_client().get("/readyz").get_json()


def test_new_settings_are_tried_at_once(
    make_worker: MakeApp, between: FaultyShop, clock: FakeClock
) -> None:
    open_used_link(make_worker())
    clock.advance(seconds=30)
    open_used_link(make_worker())  # it has read the same settings again
    assert count_logins(between) == 2
    corrected = make_worker(magento_admin_password=SecretStr("Admin123!"))
    open_used_link(corrected)
    assert count_logins(between) == 3
    assert ASK in between.paths()


def test_after_the_block_the_login_is_tried_again(
    make_worker: MakeApp, between: FaultyShop, clock: FakeClock
) -> None:
    worker = make_worker()
    open_used_link(worker)
    clock.advance(seconds=35 * 60)
    open_used_link(worker)
    assert count_logins(between) == 2


def test_an_answer_that_is_no_refusal_blocks_for_a_minute_only(
    make_worker: MakeApp, between: FaultyShop, shop: RunningShop, clock: FakeClock
) -> None:
    worker = make_worker()

    def is_login(call: Call) -> bool:
        return "integration/admin" in call.path

    between.behaviour = behaves_if(is_login, refuses(404), forwards_to(shop.url))
    open_used_link(worker)
    open_used_link(worker)
    assert count_logins(between) == 1
    clock.advance(seconds=61)
    open_used_link(worker)
    assert count_logins(between) == 2


def test_the_ledger_holds_neither_the_password_nor_a_plain_hash_of_it(
    make_worker: MakeApp, tmp_path: Path
) -> None:
    open_used_link(make_worker())
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("handoff.db*"))
    assert PASSWORD.encode() not in stored
    for name in ("md5", "sha1", "sha256", "sha512"):
        assert hashlib.new(name, PASSWORD.encode()).hexdigest().encode() not in stored

"""Transfers and links at a shop that keeps its sessions in its database."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from tests.conftest import MakeApp, Poq, get_link_path, get_session_id, use_link
from tests.logs import CapturedLog
from tests.mariadb import MariadbServer, PhpSessionRows, ShopDatabase
from tests.running_servers import RunningShop

pytestmark = pytest.mark.processes


@dataclass(frozen=True, slots=True)
class DatabaseShop:
    """A stand-in shop, its database, and the service at both."""

    shop: RunningShop
    database: ShopDatabase
    app: Flask

    def open_checkout(self, entered: TestResponse) -> requests.Response:
        """Load checkout with the session of an answer to a used link."""
        assert entered.status_code == 303
        cookie = f"PHPSESSID={get_session_id(entered)}"
        return requests.get(
            f"{self.shop.url}/checkout/",
            headers={"Accept": "text/html,*/*;q=0.8", "Cookie": cookie},
            allow_redirects=False,
            timeout=10,
        )

    def count_rows(self) -> int:
        """Return the number of sessions."""
        [(count,)] = self.database.execute("SELECT COUNT(*) FROM session")
        return int(count)


@pytest.fixture(params=["INSERT, SELECT, DELETE"])
def running(
    request: pytest.FixtureRequest,
    make_app: MakeApp,
    shop: RunningShop,
    mariadb: MariadbServer,
    session_store_key_file: str,
) -> DatabaseShop:
    database = mariadb.new_shop(rights=request.param)
    shop.state.sessions = PhpSessionRows(folder=shop.sessions, database=database)
    app = make_app(
        session_store=SecretStr(database.url),
        session_store_key_file=session_store_key_file,
        checkout_preflight="always",
    )
    return DatabaseShop(shop, database, app)


@pytest.mark.parametrize("running", ["INSERT"], indirect=True)
def test_a_bag_gets_into_checkout_with_the_right_to_insert_alone(running: DatabaseShop) -> None:
    link = Poq(running.app.test_client()).request_link(("ITEM-01", 2))
    page = running.open_checkout(use_link(running.app.test_client(), link))
    assert page.status_code == 200
    assert "ITEM-01" in page.text


def test_a_preflight_removes_its_sessions_and_readiness_leaves_none(running: DatabaseShop) -> None:
    client = running.app.test_client()
    before = running.count_rows()
    Poq(client).request_link(("ITEM-01", 2))
    assert running.count_rows() == before
    assert client.get("/readyz").get_json()["session_store"] == "ok"
    assert running.count_rows() == before


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_password_change_after_the_transfer_ends_the_session(
    running: DatabaseShop, is_changed: bool
) -> None:
    running.shop.state.visitors.clock = lambda: time.time() - 5
    token = running.shop.log_in_customer()
    number = running.shop.fill_customer_quote(token, ("ITEM-01", 1))
    transfer = Poq(running.app.test_client()).transfer({"quote_id": number, "token_id": token})
    if is_changed:
        change = {"currentPassword": "Shopper123!", "newPassword": "Shopper456!"}
        running.shop.call_rest("PUT", "customers/me/password", token=token, body=change)
    page = running.open_checkout(use_link(running.app.test_client(), get_link_path(transfer)))
    assert page.status_code == (302 if is_changed else 200)


def test_a_restart_between_page_and_post_does_no_harm(
    running: DatabaseShop, mariadb: MariadbServer, captured_log: CapturedLog
) -> None:
    poq, phone = Poq(running.app.test_client()), running.app.test_client()
    links = [poq.request_link(reference=f"r-{number}") for number in range(2)]
    assert use_link(phone, links[0]).status_code == 303
    mariadb.stop()
    try:
        assert use_link(phone, links[1]).status_code == 503
        [line] = captured_log.read_lines("session_store_unavailable")
        assert line["reason"] == "ConnectionError"
        assert read_readiness(phone) == (503, "failing")
    finally:
        mariadb.start()
    assert phone.post(links[1]).status_code == 303


def read_readiness(client: FlaskClient) -> tuple[int, str]:
    answer = client.get("/readyz")
    return answer.status_code, answer.get_json()["session_store"]

"""HANDOFF_PAUSED: transfers, links and direct entry during a pause and afterwards."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from handoff.ledger.handoff_repository import HandoffRepository
from handoff.problems import LedgerUnavailable
from tests.conftest import FakeClock, MakeApp, Poq, use_link
from tests.running_servers import RunningShop, running_service
from tests.service_calls import create_environment, post_transfer

TITLE = "The shop is down for maintenance"


@pytest.fixture
def paused(make_app: MakeApp) -> Flask:
    """Return a paused service on the same ledger, which cannot reach the shop."""
    return make_app(paused=True, direct_entry=True, magento_url="http://127.0.0.1:9")


def has_retry_button(answer: TestResponse) -> bool:
    """Require the paused page, and return whether it has a button to try again."""
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) == 120
    assert f"<h1>{TITLE}</h1>" in answer.text
    assert "your bag is safe" in answer.text
    has_button = "Try again" in answer.text
    # The button posts, and the post needs the cookie.
    assert bool(answer.headers.getlist("Set-Cookie")) is has_button
    return has_button


def test_a_transfer_gets_503_paused(paused: Flask, poq: Poq) -> None:
    answer = Poq(paused.test_client()).transfer_bag(("ITEM-01", 1))
    assert answer.status_code == 503
    assert answer.get_json()["code"] == "paused"
    assert answer.headers["Retry-After"] == "120"


def test_the_api_key_is_checked_first(paused: Flask) -> None:
    assert Poq(paused.test_client()).transfer({}, key="wrong").get_json()["code"] == "key_rejected"


def test_a_link_shows_the_paused_page_and_works_afterwards(
    paused: Flask, poq: Poq, phone: FlaskClient
) -> None:
    link, client = poq.request_link(), paused.test_client()
    for answer in (client.get(link), client.post(link)):
        assert has_retry_button(answer)
        assert f'<form method="post" action="{link}">' in answer.text
    form_style = client.post("/h", data={"token": link.removeprefix("/h/")})
    assert has_retry_button(form_style)
    assert f'action="{link}"' in form_style.text
    assert use_link(phone, link).status_code == 303


def test_a_link_expires_during_a_pause_too(
    paused: Flask, poq: Poq, phone: FlaskClient, clock: FakeClock
) -> None:
    link = poq.request_link()
    clock.advance(seconds=301)
    assert has_retry_button(paused.test_client().get(link))
    assert "This link has expired" in phone.get(link).text


@pytest.mark.parametrize("away", ["paused", "ledger"])
def test_a_visitor_from_another_website_gets_no_retry_button(
    away: str, paused: Flask, app: Flask, poq: Poq, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The button would skip the question of the entry page."""
    link, asked = poq.request_link(), paused
    if away == "ledger":
        asked = app

        def find(*_args: Any) -> None:
            raise LedgerUnavailable

        monkeypatch.setattr(HandoffRepository, "find", find)
    answer = asked.test_client().get(link, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 503
    assert "<form" not in answer.text
    assert "<form" in asked.test_client().get(link).text


def test_an_unknown_link_gets_no_retry_button(paused: Flask) -> None:
    assert not has_retry_button(paused.test_client().get("/h/x"))
    assert not has_retry_button(paused.test_client().post("/h", data={}))


def test_direct_entry_shows_the_paused_page_and_does_not_call_the_shop(
    paused: Flask, shop: RunningShop
) -> None:
    form = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
    answer = paused.test_client().post("/enter", data=form)
    assert not has_retry_button(answer)
    assert form["quote_id"] not in answer.text


def test_styles_and_health_checks_work_while_paused(paused: Flask) -> None:
    client = paused.test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/theme.css").status_code == 200
    with client.get("/static/page.css") as style:
        assert style.status_code == 200


@pytest.mark.processes
def test_a_reload_pauses_and_resumes_without_a_gap(shop: RunningShop, tmp_path: Path) -> None:
    """With a file and SIGHUP. Meanwhile every request gets one response or the other."""
    switch = tmp_path / "paused"
    switch.write_text("false\n")
    environment = create_environment(shop, tmp_path, HANDOFF_PAUSED_FILE=str(switch))
    quote = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
    with running_service(environment, tmp_path) as service:

        def statuses(count: int) -> set[int]:
            return {post_transfer(service.url, quote).status_code for _ in range(count)}

        link = post_transfer(service.url, quote).json()["url"]
        workers = service.worker_pids()
        for word, expected in (("true", 503), ("false", 200)):
            switch.write_text(f"{word}\n")
            os.kill(service.process.pid, signal.SIGHUP)
            give_up = time.monotonic() + 30
            while set(workers) & set(service.worker_pids()):
                assert time.monotonic() < give_up
                assert statuses(1) <= {200, 503}
            assert statuses(8) == {expected}
            assert requests.get(link, timeout=10).status_code == expected
            assert requests.get(f"{service.url}/healthz", timeout=10).status_code == 200
            workers = service.worker_pids()


@pytest.mark.processes
def test_an_invalid_value_leaves_the_service_as_it_was(shop: RunningShop, tmp_path: Path) -> None:
    switch = tmp_path / "paused"
    switch.write_text("true\n")
    environment = create_environment(shop, tmp_path, HANDOFF_PAUSED_FILE=str(switch))
    quote = {"quote_id": shop.create_guest_quote(("ITEM-01", 1))}
    with running_service(environment, tmp_path) as service:
        workers = service.worker_pids()
        switch.write_text("flase\n")
        os.kill(service.process.pid, signal.SIGHUP)
        give_up = time.monotonic() + 30
        while set(workers) & set(service.worker_pids()):
            assert time.monotonic() < give_up
            assert post_transfer(service.url, quote).status_code == 503
        assert post_transfer(service.url, quote).json()["code"] == "paused"
        [line] = [x for x in service.log.read_text().splitlines() if "settings_rejected" in x]
        assert "HANDOFF_PAUSED" in line
        assert "flase" not in line

"""The stand-still switch: what everybody gets while the service is paused, and afterwards."""

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

from handoff.ledger import HandoffRepository
from handoff.problems import LedgerUnavailable
from tests.conftest import MakeApp, Poq, TurnedClock
from tests.running import RunningShop, running_service
from tests.talking import environment_for, post_transfer

TITLE = "The shop is down for maintenance"


@pytest.fixture
def paused(make_app: MakeApp) -> Flask:
    """Return the service on the same ledger, paused, and with a shop that is away."""
    return make_app(paused=True, direct_entry=True, magento_url="http://127.0.0.1:9")


def asks_to_come_back(answer: TestResponse) -> bool:
    """Say whether a page asks that; and with a button, where it has one."""
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) == 120
    assert f"<h1>{TITLE}</h1>" in answer.text
    assert "your bag is safe" in answer.text
    assert not answer.headers.getlist("Set-Cookie")
    return "Try again" in answer.text


def test_a_transfer_is_answered_with_a_problem_and_makes_nothing(paused: Flask, poq: Poq) -> None:
    answer = Poq(paused.test_client()).bag(("ITEM-01", 1))
    assert answer.status_code == 503
    assert answer.get_json()["code"] == "paused"
    assert answer.headers["Retry-After"] == "120"


def test_the_key_is_still_asked_for_first(paused: Flask) -> None:
    assert Poq(paused.test_client()).transfer({}, key="wrong").get_json()["code"] == "key_rejected"


def test_a_link_asks_to_come_back_and_works_afterwards(
    paused: Flask, poq: Poq, phone: FlaskClient
) -> None:
    link = poq.link()
    client = paused.test_client()
    for answer in (client.get(link), client.post(link)):
        assert asks_to_come_back(answer)
        assert f'<form method="post" action="{link}">' in answer.text
    form_style = client.post("/h", data={"token": link.removeprefix("/h/")})
    assert asks_to_come_back(form_style)
    assert f'action="{link}"' in form_style.text
    assert phone.post(link).status_code == 303


def test_the_life_of_a_link_runs_on(
    paused: Flask, poq: Poq, phone: FlaskClient, clock: TurnedClock
) -> None:
    link = poq.link()
    clock.turn(seconds=301)
    assert asks_to_come_back(paused.test_client().get(link))
    assert "This link has expired" in phone.get(link).text


@pytest.mark.parametrize("away", ["paused", "ledger"])
def test_whom_another_site_sends_gets_no_button(
    away: str, paused: Flask, app: Flask, poq: Poq, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would skip the question whether they want to go there."""
    link, asked = poq.link(), paused
    if away == "ledger":
        asked = app

        def find(*_args: Any) -> None:
            raise LedgerUnavailable

        monkeypatch.setattr(HandoffRepository, "find", find)
    answer = asked.test_client().get(link, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 503
    assert "<form" not in answer.text
    assert "<form" in asked.test_client().get(link).text


def test_what_is_no_link_gets_no_button(paused: Flask) -> None:
    assert not asks_to_come_back(paused.test_client().get("/h/x"))
    assert not asks_to_come_back(paused.test_client().post("/h", data={}))


def test_direct_entry_asks_to_come_back_and_asks_the_shop_nothing(
    paused: Flask, shop: RunningShop
) -> None:
    form = {"quote_id": shop.guest_quote(("ITEM-01", 1))}
    answer = paused.test_client().post("/enter", data=form)
    assert not asks_to_come_back(answer)
    assert form["quote_id"] not in answer.text


def test_the_page_has_its_style_and_the_process_is_healthy(paused: Flask) -> None:
    client = paused.test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/theme.css").status_code == 200
    with client.get("/static/page.css") as style:
        assert style.status_code == 200


def test_the_switch_is_thrown_while_running(shop: RunningShop, tmp_path: Path) -> None:
    """By a file and SIGHUP; meanwhile every request has an answer of the one kind or the other."""
    switch = tmp_path / "paused"
    switch.write_text("false\n")
    environment = environment_for(shop, tmp_path, HANDOFF_PAUSED_FILE=str(switch))
    quote = {"quote_id": shop.guest_quote(("ITEM-01", 1))}
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


def test_a_word_that_is_none_leaves_the_service_as_it_was(
    shop: RunningShop, tmp_path: Path
) -> None:
    switch = tmp_path / "paused"
    switch.write_text("true\n")
    environment = environment_for(shop, tmp_path, HANDOFF_PAUSED_FILE=str(switch))
    quote = {"quote_id": shop.guest_quote(("ITEM-01", 1))}
    with running_service(environment, tmp_path) as service:
        workers = service.worker_pids()
        switch.write_text("flase\n")
        os.kill(service.process.pid, signal.SIGHUP)
        give_up = time.monotonic() + 30
        while set(workers) & set(service.worker_pids()):
            assert time.monotonic() < give_up
            assert post_transfer(service.url, quote).status_code == 503
        assert post_transfer(service.url, quote).json()["code"] == "paused"
        [told] = [x for x in service.log.read_text().splitlines() if "settings_rejected" in x]
        assert "HANDOFF_PAUSED" in told
        assert "flase" not in told

"""Rate limits over HTTP: what is counted and refused, and what never is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from handoff.settings.caller_keys import CallerKey
from tests.conftest import KEY, FakeClock, MakeApp, Poq, use_link
from tests.logs import CapturedLog
from tests.running_servers import RedisServer, RunningShop, running_service
from tests.service_calls import create_environment

OTHER_KEY = "another-key-of-the-tests"


def test_transfers_of_one_key_are_limited_per_minute(
    make_app: MakeApp, rate_limit_clock: FakeClock
) -> None:
    poq = Poq(make_app(transfers_per_minute=3).test_client())
    assert [poq.transfer("{}").status_code for _ in range(3)] == [422] * 3
    answer = poq.transfer("{}")
    assert (answer.status_code, answer.get_json()["code"]) == (429, "too_many_requests")
    assert answer.mimetype == "application/problem+json"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    rate_limit_clock.advance(seconds=int(answer.headers["Retry-After"]))
    assert poq.transfer("{}").status_code == 422


def test_a_clock_that_steps_back_ends_no_callers_minute_an_hour_later(
    make_app: MakeApp, rate_limit_clock: FakeClock
) -> None:
    poq = Poq(make_app(transfers_per_minute=1).test_client())
    assert [poq.transfer("{}").status_code for _ in range(2)] == [422, 429]
    rate_limit_clock.advance(seconds=-3600)
    assert [poq.transfer("{}").status_code for _ in range(2)] == [422, 429]
    rate_limit_clock.advance(seconds=60)
    assert poq.transfer("{}").status_code == 422


def test_each_api_key_has_a_count_of_its_own(make_app: MakeApp, settings: Any) -> None:
    keys = (*settings.api_keys, CallerKey.parse(OTHER_KEY))
    poq = Poq(make_app(transfers_per_minute=1, api_keys=keys, key_in_path=True).test_client())
    assert poq.transfer("{}").status_code == 422
    assert poq.transfer("{}").status_code == 429
    assert poq.transfer("{}", key=OTHER_KEY).status_code == 422
    in_path = poq.client.post(f"/api/cart-transfer/{KEY}", json={})
    assert in_path.status_code == 429


def test_transfers_with_a_wrong_key_are_not_counted(make_app: MakeApp) -> None:
    poq = Poq(make_app(transfers_per_minute=1).test_client())
    assert {poq.transfer("{}", key="a-wrong-key").status_code for _ in range(5)} == {401}
    assert poq.transfer("{}").status_code == 422


def test_wrong_keys_are_limited_for_each_address_and_right_keys_never_refused(
    make_app: MakeApp, rate_limit_clock: FakeClock, captured_log: CapturedLog
) -> None:
    poq = Poq(make_app(refusals_per_minute=2).test_client())

    def try_key(key: str | None, address: str = "192.0.2.1") -> int:
        environment = {"REMOTE_ADDR": address}
        return poq.transfer("{}", key=key, environ_overrides=environment).status_code

    assert [try_key("a-wrong-key"), try_key(None), try_key("another")] == [401, 401, 429]
    assert len(captured_log.read_lines("key_rejected")) == 2
    assert try_key(KEY) == 422
    assert try_key("a-wrong-key", address="192.0.2.2") == 401
    rate_limit_clock.advance(seconds=60)
    assert try_key("a-wrong-key") == 401


def test_unknown_links_are_limited_and_known_links_never_refused(
    make_app: MakeApp, rate_limit_clock: FakeClock
) -> None:
    app = make_app(refusals_per_minute=3)
    link, phone = Poq(app.test_client()).request_link(), app.test_client()
    tries = (phone.get("/h/wrong"), phone.post("/h/wrong"), phone.post("/h", data={"token": "x"}))
    assert [answer.status_code for answer in tries] == [404] * 3
    for answer in (phone.get("/h/wrong"), phone.post("/h/wrong"), phone.post("/h")):
        assert answer.status_code == 429
        assert "Too many attempts" in answer.text
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert phone.get(link).status_code == 200
    assert use_link(phone, link).status_code == 303
    rate_limit_clock.advance(seconds=60)
    assert phone.get("/h/wrong").status_code == 404


def test_links_that_were_valid_once_are_neither_counted_nor_refused(
    make_app: MakeApp, rate_limit_clock: FakeClock
) -> None:
    """Neither expired, superseded and used links, nor a live one, by GET, POST and form."""
    app = make_app(refusals_per_minute=1, reopen_grace=0)
    poq = Poq(app.test_client())
    expired = poq.request_link(reference="r-1")
    rate_limit_clock.advance(seconds=1000)
    superseded = poq.request_link(("ITEM-01", 1), reference="r-2")
    used = poq.request_link(("ITEM-02", 1), reference="r-2")
    assert use_link(app.test_client(), used).status_code == 303
    good = poq.request_link(reference="r-3")
    for phone in (app.test_client(), app.test_client()):
        for link in (expired, superseded, used) * 2:
            assert phone.get(link).status_code == 410
            assert use_link(phone, link).status_code == 410
            assert phone.post("/h", data={"token": link[3:]}).status_code == 410
        phone.get("/h/wrong")
    assert phone.get("/h/wrong").status_code == 429
    assert phone.get(good).status_code == 200
    assert phone.post("/h", data={"token": good[3:]}).status_code == 303


def test_each_address_has_a_count_of_its_own(make_app: MakeApp) -> None:
    phone = make_app(refusals_per_minute=1, trusted_proxies=1).test_client()

    def open_unknown_link(address: str) -> int:
        return phone.get("/h/wrong", headers={"X-Forwarded-For": address}).status_code

    assert (
        open_unknown_link("192.0.2.1"),
        open_unknown_link("192.0.2.1"),
        open_unknown_link("192.0.2.2"),
    ) == (404, 429, 404)
    assert open_unknown_link("192.0.2.3, 192.0.2.1") == 429


@pytest.mark.processes
def test_all_workers_count_together_in_redis(
    shop: RunningShop, tmp_path: Path, redis_server: RedisServer
) -> None:
    storage = {"HANDOFF_RATE_LIMIT_STORAGE_URL": redis_server.url}
    environment = create_environment(shop, tmp_path, HANDOFF_REFUSALS_PER_MINUTE="20", **storage)
    with running_service(environment, tmp_path, workers=3) as service:
        wrong = [requests.get(f"{service.url}/h/wrong", timeout=10) for _ in range(60)]
        statuses = [answer.status_code for answer in wrong]
        assert (statuses.count(404), statuses.count(429)) == (20, 40)


def enter(phone: FlaskClient, **form: str) -> int:
    return phone.post("/enter", data=form).status_code


def test_refused_direct_entries_are_limited_before_the_shop_is_called(
    make_app: MakeApp, shop: RunningShop, rate_limit_clock: FakeClock
) -> None:
    phone = make_app(direct_entry=True, refusals_per_minute=2).test_client()
    quote = shop.create_guest_quote(("ITEM-01", 1))
    assert enter(phone, quote_id="a" * 32) == 404
    assert enter(phone, quote_id=quote) == 303
    assert enter(phone, quote_id="7", token_id="wrong") == 403
    answer = phone.post("/enter", data={"quote_id": quote})
    assert answer.status_code == 429
    assert "Too many attempts" in answer.text
    rate_limit_clock.advance(seconds=int(answer.headers["Retry-After"]))
    assert enter(phone, quote_id=quote) == 303


def test_refusals_of_real_quotes_are_not_counted(make_app: MakeApp, shop: RunningShop) -> None:
    phone = make_app(direct_entry=True, refusals_per_minute=1).test_client()
    empty = shop.create_guest_quote()
    assert [enter(phone, quote_id=empty) for _ in range(4)] == [409] * 4

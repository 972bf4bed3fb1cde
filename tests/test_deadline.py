"""One deadline for a request: also for the lookup of a name, and for the wait for a thread."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from pydantic import SecretStr

from handoff.deadline import (
    Deadline,
    clear_request_deadline,
    run_until,
    set_queue_seconds,
    set_request_deadline,
)
from handoff.ledger.database import LedgerUnreachable, open_database
from handoff.magento.http_transport import HttpTransport
from handoff.magento.no_response import NoResponse
from handoff.operations.rate_limits import RateLimit, RateLimitCounters
from tests.conftest import MakeApp, Poq
from tests.logs import CapturedLog
from tests.magento.faulty_shop import faulty_shop
from tests.magento.shop_behaviours import forwards_to
from tests.running_servers import HOST, RunningShop, running_service
from tests.service_calls import create_environment, post_transfer

pytestmark = pytest.mark.waiting

SLOW_HOST = "slow-to-look-up.test"


class HangingLookups:
    """Lookups of SLOW_HOST hang until `end` is called."""

    def __init__(self) -> None:
        self._goes_on = threading.Event()
        self.count = 0
        self.ended_count = 0
        self.address: str | None = None  # what they find in the end

    def look_up(self, host: Any, *arguments: Any, **options: Any) -> Any:
        if host != SLOW_HOST:
            return self._original(host, *arguments, **options)
        self.count += 1
        self._goes_on.wait(30)
        self.ended_count += 1
        if self.address is None:
            raise socket.gaierror("no such name")
        return self._original(self.address, *arguments, **options)

    _original = staticmethod(socket.getaddrinfo)

    def end(self) -> None:
        self._goes_on.set()


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> Iterator[HangingLookups]:
    """Let the lookups of SLOW_HOST hang for the test."""
    lookups = HangingLookups()
    monkeypatch.setattr(socket, "getaddrinfo", lookups.look_up)
    yield lookups
    lookups.end()


@pytest.fixture
def request_deadline() -> Iterator[None]:
    """Run the test within a request that may last half a second."""
    set_request_deadline(0.5)
    yield
    clear_request_deadline()


def test_a_transfer_does_not_wait_for_the_lookup_of_the_shop(
    make_app: MakeApp, lookups: HangingLookups
) -> None:
    app = make_app(magento_url=f"http://{SLOW_HOST}", magento_timeout=0.5)
    answer = Poq(app.test_client()).transfer_bag(("ITEM-01", 1))
    assert (answer.status_code, answer.get_json()["code"]) == (504, "shop_timeout")
    assert lookups.count == 1
    assert lookups.ended_count == 0


def test_a_link_does_not_wait_for_the_lookup_of_the_session_store(
    make_app: MakeApp, lookups: HangingLookups, captured_log: CapturedLog
) -> None:
    app = make_app(
        session_store=SecretStr(f"redis://{SLOW_HOST}"), magento_timeout=2, checkout_preflight="off"
    )
    link, phone = Poq(app.test_client()).request_link(), app.test_client()
    assert phone.get(link).status_code == 200
    assert phone.post(link).status_code == 503
    assert lookups.count >= 1
    assert lookups.ended_count == 0
    assert captured_log.read_lines("session_store_unavailable")


def test_a_transfer_does_not_wait_for_the_session_store_of_its_preflight(
    make_app: MakeApp, lookups: HangingLookups, captured_log: CapturedLog
) -> None:
    app = make_app(session_store=SecretStr(f"redis://{SLOW_HOST}"))
    assert Poq(app.test_client()).transfer_bag(("ITEM-01", 1)).status_code == 200
    assert lookups.ended_count == 0
    [inconclusive] = captured_log.read_lines("checkout_preflight_inconclusive")
    assert inconclusive["reason"] == "session_store_unavailable"


def test_readiness_does_not_wait_for_the_lookup_of_the_session_store(
    make_app: MakeApp, lookups: HangingLookups
) -> None:
    app = make_app(session_store=SecretStr(f"redis://{SLOW_HOST}"), magento_timeout=1)
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["session_store"]) == (503, "failing")
    assert lookups.ended_count == 0


@pytest.mark.usefixtures("request_deadline")
def test_the_ledger_does_not_wait_for_the_lookup_of_its_host(lookups: HangingLookups) -> None:
    address = f"postgresql+psycopg://handoff@{SLOW_HOST}/handoff"
    with closing(open_database(address)) as database, pytest.raises(LedgerUnreachable):
        database.write(lambda connection: connection.exec_driver_sql("SELECT 1"))
    assert lookups.count == 1
    assert lookups.ended_count == 0


def test_a_rate_limit_does_not_wait_for_the_lookup_of_its_redis(
    lookups: HangingLookups, captured_log: CapturedLog
) -> None:
    counters = RateLimitCounters("secret", f"redis://{SLOW_HOST}")
    limit = RateLimit(counters, "name", 2)
    assert [limit.count_event("caller") > 0 for _ in range(4)] == [False, False, True, True]
    assert lookups.ended_count == 0
    [unavailable] = captured_log.read_lines("rate_limit_storage_unavailable")
    assert unavailable["reason"] == "TimeoutError"


@pytest.mark.processes
def test_a_request_that_waited_too_long_for_a_thread_does_not_ask_the_shop(
    shop: RunningShop, tmp_path: Path
) -> None:
    bag = {"items": [{"sku": "ITEM-01", "quantity": 1}], "currency": "GBP", "reference": "r-1"}
    with faulty_shop(forwards_to(shop.url)) as between, ThreadPoolExecutor(1) as callers:
        environment = create_environment(
            shop,
            tmp_path,
            HANDOFF_MAGENTO_URL=between.url,
            HANDOFF_STOREFRONT_URL=shop.url,
            HANDOFF_MAGENTO_TIMEOUT="1",
            GUNICORN_CMD_ARGS="--threads 1",
        )
        with running_service(environment, tmp_path, workers=1) as service:
            between.calls.clear()  # the service has called the shop for its report at the start
            port = int(service.url.rpartition(":")[2])
            with socket.create_connection((HOST, port)) as slow_client:
                slow_client.sendall(b"GET /healthz HTTP/1.1\r\n")  # the only thread waits for more
                transfer = callers.submit(post_transfer, service.url, bag)
                time.sleep(3)  # much longer than the time limit
            answer = transfer.result()
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert between.calls == []


def test_the_deadline_counts_from_the_moment_at_which_the_request_began_to_wait() -> None:
    set_queue_seconds(7)
    try:
        set_request_deadline(8)
        assert Deadline.within_request(60).remaining <= 1
    finally:
        set_queue_seconds(0)
        clear_request_deadline()


def test_what_runs_until_a_deadline_returns_or_raises_as_it_does_by_itself() -> None:
    def fail() -> None:
        raise LookupError("of its own")

    assert run_until(Deadline.after(20), lambda: 7) == 7
    with pytest.raises(LookupError, match="of its own"):
        run_until(Deadline.after(20), fail)


def test_a_result_that_comes_after_the_deadline_is_discarded() -> None:
    goes_on, discarded = threading.Event(), Queue[bool]()
    with pytest.raises(TimeoutError):
        run_until(Deadline.after(0), lambda: goes_on.wait(30), discard=discarded.put)
    goes_on.set()
    assert discarded.get(timeout=30)


def test_a_connection_to_the_shop_that_is_made_after_the_deadline_is_closed(
    lookups: HangingLookups,
) -> None:
    with socket.create_server((HOST, 0)) as shop:
        shop.settimeout(30)
        url = f"http://{SLOW_HOST}:{shop.getsockname()[1]}/"
        with pytest.raises(NoResponse):
            HttpTransport().send(
                "GET", url, headers={}, deadline=Deadline.after(0.1), max_bytes=100
            )
        lookups.address = HOST
        lookups.end()
        connection, _ = shop.accept()
        with connection:
            connection.settimeout(30)
            assert connection.recv(1) == b""

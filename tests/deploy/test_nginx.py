"""`docs/deploy/nginx.conf`, run as it stands before the service and a stand-in shop."""

from __future__ import annotations

import json
import ssl
from contextlib import ExitStack

import pytest

from tests.browser.poq import Poq
from tests.conftest import KEY
from tests.front import BARE, SERVICE, SHOP, Front, running_front
from tests.running import RunningService, RunningShop, free_port

HANDOFF = f"https://{SHOP}/handoff"
JSON = {"Authorization": KEY, "Content-Type": "application/json"}
HSTS = ["max-age=63072000"]


def test_poq_transfers_through_it(front: Front) -> None:
    bag = {
        "items": [{"sku": "ITEM-01", "quantity": 1}],
        "currency": "GBP",
        "reference": "through-nginx",
    }
    reply = front.ask(
        f"{HANDOFF}/api/cart-transfer", method="POST", headers=JSON, body=json.dumps(bag).encode()
    )
    assert reply.status == 200
    assert json.loads(reply.body)["url"].startswith(f"{HANDOFF}/h/")


@pytest.mark.parametrize(
    ("url", "location"),
    [
        (f"http://{SHOP}/checkout/?a=b", f"https://{SHOP}/checkout/?a=b"),
        (f"http://{BARE}/x", f"https://{BARE}/x"),
        (f"https://{BARE}/x?a=b", f"https://{SHOP}/x?a=b"),
        (f"http://{SERVICE}/healthz", f"https://{SERVICE}/healthz"),
    ],
)
def test_http_leads_to_https_and_the_bare_domain_to_www(
    url: str, location: str, front: Front
) -> None:
    reply = front.ask(url)
    assert (reply.status, reply.all("Location")) == (301, [location])


@pytest.mark.parametrize(
    "url",
    [
        f"https://{SHOP}/",
        f"https://{BARE}/",
        f"{HANDOFF}/healthz",
        f"{HANDOFF}/h/unknown",
        f"https://{SERVICE}/healthz",
    ],
)
def test_hsts_is_said_once(url: str, front: Front) -> None:
    assert front.ask(url).all("Strict-Transport-Security") == HSTS


def test_hsts_is_not_said_by_http(front: Front) -> None:
    assert front.ask(f"http://{SHOP}/").all("Strict-Transport-Security") == []


def test_who_asks_for_another_host_gets_no_answer(front: Front) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        front.ask("https://elsewhere.test/")
    with pytest.raises(ConnectionError):
        front.ask("http://elsewhere.test/")


@pytest.mark.parametrize("name", ["readyz", "metrics"])
def test_what_is_for_the_platform_is_not_to_be_had_from_outside(name: str, front: Front) -> None:
    for url in (
        f"{HANDOFF}/{name}",
        f"{HANDOFF}//{name}?a=b",
        f"{HANDOFF}/x/../%{ord(name[0]):x}{name[1:]}",
        f"https://{SERVICE}/{name}",
        f"https://{SERVICE}/handoff/{name}",
    ):
        assert front.ask(url).status == 404


def test_a_browsers_many_cookies_get_through(front: Front, poq: Poq) -> None:
    path = poq.link().removeprefix(HANDOFF)
    cookies = "; ".join(f"cookie-{n}={'x' * 1000}" for n in range(20))
    assert front.ask(f"{HANDOFF}{path}", headers={"Cookie": cookies}).status == 200


def test_a_body_that_is_too_large_is_refused_in_words_that_poq_reads(front: Front) -> None:
    reply = front.ask(
        f"{HANDOFF}/api/cart-transfer", method="POST", headers=JSON, body=b" " * 100_000
    )
    assert (reply.status, json.loads(reply.body)["code"]) == (413, "request_too_large")


def test_a_hundred_slow_clients_keep_nobody_waiting(front: Front, poq: Poq) -> None:
    """More than the service has threads, each in the middle of a request."""
    begun = f"POST /handoff/h HTTP/1.1\r\nHost: {SHOP}\r\nContent-Length: 50\r\n\r\ntoken="
    with ExitStack() as stack:
        for number in range(100):
            line = stack.enter_context(front.line("https", SHOP))
            line.sendall(begun[: -1 - number % 90].encode())
        assert front.ask(f"{HANDOFF}/healthz").status == 200
        link = poq.link().removeprefix(HANDOFF)
        assert front.ask(f"{HANDOFF}{link}", method="POST").status == 303


@pytest.mark.parametrize("forged", ["203.0.113.9", '"', "203.0.113.9, 203.0.113.8"])
def test_the_address_that_nginx_saw_is_believed_and_no_other(
    forged: str, front: Front, service: RunningService
) -> None:
    before = len(service.log.read_text())
    reply = front.ask(
        f"{HANDOFF}/api/cart-transfer",
        method="POST",
        headers={"X-Forwarded-For": forged, "X-Forwarded-Proto": "http", "X-Forwarded-SSL": "off"},
    )
    assert reply.status == 401
    said = [json.loads(line) for line in service.log.read_text()[before:].splitlines()]
    assert [line["client"] for line in said if line["event"] == "key_rejected"] == ["127.0.0.1"]


def test_neither_links_nor_keys_are_in_its_logs_whatever_goes_wrong(
    shop: RunningShop, poq: Poq, front: Front
) -> None:
    """Found or not, refused by nginx itself, spelt otherwise, or with the service away."""
    token = poq.link().rpartition("/")[2]
    logs = front.folder / "away"
    logs.mkdir()
    nowhere = f"http://127.0.0.1:{free_port()}"
    with running_front(logs, shop=shop.url, service=nowhere) as without:
        assert without.ask(f"{HANDOFF}/h/{token}").status == 502
        assert without.ask(f"https://{SERVICE}/h/{token}", method="POST").status == 502
        told = without.logged()
    for url in (
        f"{HANDOFF}/h/{token}",
        f"{HANDOFF}/%68/{token}",
        f"https://{SHOP}/x/../handoff/h/{token}?a=b",
        f"http://{SHOP}/handoff/h/{token}",
        f"https://{SERVICE}/h/{token}",
    ):
        front.ask(url)
    too_long = {"X-Long": "x" * 40_000}
    assert front.ask(f"{HANDOFF}/h/{token}", headers=too_long).status == 400
    large = front.ask(f"{HANDOFF}/h/{token}", method="POST", body=b"x" * 200_000)
    assert large.status == 413
    front.ask(f"{HANDOFF}/api/cart-transfer/{KEY}", method="POST", body=b"{")
    told += front.logged()
    assert told.count("/h/***") >= 9
    assert "/handoff/api/cart-transfer/***" in told
    assert token not in told
    assert KEY not in told

"""`docs/deploy/nginx.conf`, unchanged, in front of the service and a sandbox shop."""

from __future__ import annotations

import json
import ssl
from contextlib import ExitStack

import pytest

from tests.browser.poq import Poq
from tests.conftest import KEY
from tests.front import BARE as BARE_DOMAIN
from tests.front import SERVICE, SHOP, Front, running_front
from tests.running import RunningService, RunningShop, free_port

HANDOFF = f"https://{SHOP}/handoff"
JSON = {"Authorization": KEY, "Content-Type": "application/json"}
HSTS = ["max-age=63072000"]


def test_a_transfer_passes_through_nginx(front: Front) -> None:
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
        (f"http://{BARE_DOMAIN}/x", f"https://{BARE_DOMAIN}/x"),
        (f"https://{BARE_DOMAIN}/x?a=b", f"https://{SHOP}/x?a=b"),
        (f"http://{SERVICE}/healthz", f"https://{SERVICE}/healthz"),
    ],
)
def test_http_redirects_to_https_and_the_bare_domain_to_www(
    url: str, location: str, front: Front
) -> None:
    reply = front.ask(url)
    assert (reply.status, reply.all("Location")) == (301, [location])


@pytest.mark.parametrize(
    "url",
    [
        f"https://{SHOP}/",
        f"https://{BARE_DOMAIN}/",
        f"{HANDOFF}/healthz",
        f"{HANDOFF}/h/unknown",
        f"https://{SERVICE}/healthz",
    ],
)
def test_https_responses_have_one_hsts_header(url: str, front: Front) -> None:
    assert front.ask(url).all("Strict-Transport-Security") == HSTS


def test_http_responses_have_no_hsts_header(front: Front) -> None:
    assert front.ask(f"http://{SHOP}/").all("Strict-Transport-Security") == []


def test_a_request_for_an_unknown_host_gets_no_answer(front: Front) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        front.ask("https://elsewhere.test/")
    with pytest.raises(ConnectionError):
        front.ask("http://elsewhere.test/")


@pytest.mark.parametrize("name", ["readyz", "metrics"])
def test_readyz_and_metrics_are_refused_from_outside(name: str, front: Front) -> None:
    for url in (
        f"{HANDOFF}/{name}",
        f"{HANDOFF}//{name}?a=b",
        f"{HANDOFF}/x/../%{ord(name[0]):x}{name[1:]}",
        f"https://{SERVICE}/{name}",
        f"https://{SERVICE}/handoff/{name}",
    ):
        assert front.ask(url).status == 404


def test_a_request_with_20_kb_of_cookies_passes_through(front: Front, poq: Poq) -> None:
    path = poq.link().removeprefix(HANDOFF)
    cookies = "; ".join(f"cookie-{n}={'x' * 1000}" for n in range(20))
    assert front.ask(f"{HANDOFF}{path}", headers={"Cookie": cookies}).status == 200


def test_a_body_that_is_too_large_gets_the_json_error_of_the_service(front: Front) -> None:
    reply = front.ask(
        f"{HANDOFF}/api/cart-transfer", method="POST", headers=JSON, body=b" " * 100_000
    )
    assert (reply.status, json.loads(reply.body)["code"]) == (413, "request_too_large")


def test_a_hundred_slow_clients_do_not_delay_others(front: Front, poq: Poq) -> None:
    """There are more slow clients than threads, each in the middle of a request."""
    request = f"POST /handoff/h HTTP/1.1\r\nHost: {SHOP}\r\nContent-Length: 50\r\n\r\ntoken="
    with ExitStack() as stack:
        for number in range(100):
            line = stack.enter_context(front.line("https", SHOP))
            line.sendall(request[: -1 - number % 90].encode())
        assert front.ask(f"{HANDOFF}/healthz").status == 200
        link = poq.link().removeprefix(HANDOFF)
        assert front.ask(f"{HANDOFF}{link}", method="POST").status == 303


@pytest.mark.parametrize("forged", ["203.0.113.9", '"', "203.0.113.9, 203.0.113.8"])
def test_a_forged_client_address_is_ignored(
    forged: str, front: Front, service: RunningService
) -> None:
    before = len(service.log.read_text())
    reply = front.ask(
        f"{HANDOFF}/api/cart-transfer",
        method="POST",
        headers={"X-Forwarded-For": forged, "X-Forwarded-Proto": "http", "X-Forwarded-SSL": "off"},
    )
    assert reply.status == 401
    lines = [json.loads(line) for line in service.log.read_text()[before:].splitlines()]
    assert [line["client"] for line in lines if line["event"] == "key_rejected"] == ["127.0.0.1"]


def test_links_and_keys_are_in_no_log_of_nginx(shop: RunningShop, poq: Poq, front: Front) -> None:
    """Try known and unknown links, requests that nginx refuses, other spellings, and no service."""
    token = poq.link().rpartition("/")[2]
    logs = front.folder / "away"
    logs.mkdir()
    unused_url = f"http://127.0.0.1:{free_port()}"
    with running_front(logs, shop=shop.url, service=unused_url) as without:
        assert without.ask(f"{HANDOFF}/h/{token}").status == 502
        assert without.ask(f"https://{SERVICE}/h/{token}", method="POST").status == 502
        log_text = without.logged()
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
    log_text += front.logged()
    assert log_text.count("/h/***") >= 9
    assert "/handoff/api/cart-transfer/***" in log_text
    assert token not in log_text
    assert KEY not in log_text

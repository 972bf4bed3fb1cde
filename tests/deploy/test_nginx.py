"""`docs/deploy/nginx.conf`, unchanged, in nginx of the service and a sandbox shop."""

from __future__ import annotations

import json
import ssl
from contextlib import ExitStack
from urllib.parse import urlencode

import pytest

from tests.browser.poq_cloud import Poq
from tests.conftest import KEY
from tests.nginx_server import BARE as BARE_DOMAIN
from tests.nginx_server import SERVICE, SHOP, NginxServer, running_nginx
from tests.running_servers import RunningService, RunningShop, free_port

pytestmark = pytest.mark.processes

HANDOFF = f"https://{SHOP}/handoff"
JSON = {"Authorization": KEY, "Content-Type": "application/json"}
HSTS = ["max-age=63072000"]


def test_a_transfer_passes_through_nginx(nginx: NginxServer) -> None:
    bag = {
        "items": [{"sku": "ITEM-01", "quantity": 1}],
        "currency": "GBP",
        "reference": "through-nginx",
    }
    reply = nginx.send_request(
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
    url: str, location: str, nginx: NginxServer
) -> None:
    reply = nginx.send_request(url)
    assert (reply.status, reply.get_all("Location")) == (301, [location])


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
def test_https_responses_have_one_hsts_header(url: str, nginx: NginxServer) -> None:
    assert nginx.send_request(url).get_all("Strict-Transport-Security") == HSTS


def test_http_responses_have_no_hsts_header(nginx: NginxServer) -> None:
    assert nginx.send_request(f"http://{SHOP}/").get_all("Strict-Transport-Security") == []


def test_a_request_for_an_unknown_host_gets_no_answer(nginx: NginxServer) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        nginx.send_request("https://elsewhere.test/")
    with pytest.raises(ConnectionError):
        nginx.send_request("http://elsewhere.test/")


@pytest.mark.parametrize("name", ["readyz", "metrics"])
def test_readyz_and_metrics_are_refused_from_outside(name: str, nginx: NginxServer) -> None:
    for url in (
        f"{HANDOFF}/{name}",
        f"{HANDOFF}//{name}?a=b",
        f"{HANDOFF}/x/../%{ord(name[0]):x}{name[1:]}",
        f"https://{SERVICE}/{name}",
        f"https://{SERVICE}/handoff/{name}",
    ):
        assert nginx.send_request(url).status == 404


def test_a_request_with_20_kb_of_cookies_passes_through(nginx: NginxServer, poq: Poq) -> None:
    path = poq.request_link().removeprefix(HANDOFF)
    cookies = "; ".join(f"cookie-{n}={'x' * 1000}" for n in range(20))
    assert nginx.send_request(f"{HANDOFF}{path}", headers={"Cookie": cookies}).status == 200


def test_a_body_that_is_too_large_gets_the_json_error_of_the_service(nginx: NginxServer) -> None:
    reply = nginx.send_request(
        f"{HANDOFF}/api/cart-transfer", method="POST", headers=JSON, body=b" " * 100_000
    )
    assert (reply.status, json.loads(reply.body)["code"]) == (413, "request_too_large")


def test_a_hundred_slow_clients_do_not_delay_others(nginx: NginxServer, poq: Poq) -> None:
    """There are more slow clients than threads, each in the middle of a request."""
    request = f"POST /handoff/h HTTP/1.1\r\nHost: {SHOP}\r\nContent-Length: 50\r\n\r\ntoken="
    with ExitStack() as stack:
        for number in range(100):
            line = stack.enter_context(nginx.connect("https", SHOP))
            line.sendall(request[: -1 - number % 90].encode())
        assert nginx.send_request(f"{HANDOFF}/healthz").status == 200
        form = urlencode({"token": poq.request_link().rpartition("/")[2]}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        entered = nginx.send_request(f"{HANDOFF}/h", method="POST", headers=headers, body=form)
        assert entered.status == 303


@pytest.mark.parametrize("forged", ["203.0.113.9", '"', "203.0.113.9, 203.0.113.8"])
def test_a_forged_client_address_is_ignored(
    forged: str, nginx: NginxServer, service: RunningService
) -> None:
    before = len(service.log.read_text())
    reply = nginx.send_request(
        f"{HANDOFF}/api/cart-transfer",
        method="POST",
        headers={"X-Forwarded-For": forged, "X-Forwarded-Proto": "http", "X-Forwarded-SSL": "off"},
    )
    assert reply.status == 401
    lines = [json.loads(line) for line in service.log.read_text()[before:].splitlines()]
    assert [line["client"] for line in lines if line["event"] == "key_rejected"] == ["127.0.0.1"]


ODD_SPELLINGS = (
    "/handoff/h/%0a{}",
    "/handoff/h%5c{}",
    "/handoff/h;a/{}",
    "/handoff/h?token={}",
    "/handoff/h/?{}",
    "/handoff/H/{}",
    "/HANDOFF/h/{}",
    "/handoff/%2568/{}",
    "/handoff/handoff/h/{}",
    "/handoff/{}",
    "//handoff//h//{}",
    "/handoff/x%0a/../h/{}",
    "/x?next=/handoff/h/{}",
    "/{}",
)


@pytest.mark.parametrize("host", [SHOP, SERVICE])
def test_no_odd_spelling_of_a_link_or_key_is_logged(
    host: str, shop: RunningShop, poq: Poq, nginx: NginxServer
) -> None:
    token = poq.request_link().rpartition("/")[2]
    encoded = "".join(f"%{ord(letter):02x}" for letter in token)
    for spelling in ODD_SPELLINGS:
        for scheme in ("http", "https"):
            nginx.send_request(f"{scheme}://{host}{spelling.format(token)}")
    for path in ("/handoff/h", "/h", "/handoff/x"):
        nginx.send_request(f"https://{host}{path}?token={encoded}")
    for path in ("/handoff/api/cart-transfer/%0a", "/handoff/API/cart-transfer/", "/api//x/"):
        nginx.send_request(f"https://{host}{path}{KEY}", method="POST", body=b"{")
    nginx.send_request(f"https://{host}/?last", headers={"Referer": f"{HANDOFF}/h/{token}"})
    logged = nginx.read_logs(f"{host} /?last")
    for secret in (token, encoded, KEY):
        assert secret not in logged
    assert '"***"' in logged
    assert "token=" not in logged


def test_other_addresses_are_logged_as_they_are(nginx: NginxServer) -> None:
    paths = (
        "/home?a=b",
        "/handoffs/x?a=b",
        "/handoff/healthz",
        "/handoff/static/back-to-app.js",
        "/handoff/static/page.css",
        "/h1",
    )
    for path in paths:
        nginx.send_request(f"https://{SHOP}{path}")
    expected = [f'{SHOP} {path}"' for path in paths]
    logged = nginx.read_logs(*expected)
    assert [each for each in expected if each not in logged] == []


def test_links_and_keys_are_in_no_log_of_nginx(
    shop: RunningShop, poq: Poq, nginx: NginxServer
) -> None:
    """Try known and unknown links, requests that nginx refuses, other spellings, and no service."""
    token = poq.request_link().rpartition("/")[2]
    logs = nginx.folder / "away"
    logs.mkdir()
    unused_url = f"http://127.0.0.1:{free_port()}"
    with running_nginx(logs, shop=shop.url, service=unused_url) as without:
        assert without.send_request(f"{HANDOFF}/h/{token}").status == 502
        assert without.send_request(f"https://{SERVICE}/h/{token}", method="POST").status == 502
        log_text = without.read_logs()
    for url in (
        f"{HANDOFF}/h/{token}",
        f"{HANDOFF}/%68/{token}",
        f"https://{SHOP}/x/../handoff/h/{token}?a=b",
        f"http://{SHOP}/handoff/h/{token}",
        f"https://{SERVICE}/h/{token}",
    ):
        nginx.send_request(url)
    too_long = {"X-Long": "x" * 40_000}
    assert nginx.send_request(f"{HANDOFF}/h/{token}", headers=too_long).status == 400
    large = nginx.send_request(f"{HANDOFF}/h/{token}", method="POST", body=b"x" * 200_000)
    assert large.status == 413
    nginx.send_request(f"{HANDOFF}/api/cart-transfer/{KEY}", method="POST", body=b"{")
    log_text += nginx.read_logs("/handoff/api/cart-transfer/***")
    assert log_text.count("/h/***") >= 9
    assert "/handoff/api/cart-transfer/***" in log_text
    assert token not in log_text
    assert KEY not in log_text
